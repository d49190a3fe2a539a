import { Mistake } from '@deploy-actions/kit'

/** The parts of a time in a zone, as two digits or four. */
function partsIn(ms: number, zone: string): Record<string, string> {
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    } as Intl.DateTimeFormatOptions)
    return Object.fromEntries(format.formatToParts(new Date(ms)).map(({ type, value }) => [type, value]))
  } catch {
    throw new Mistake(`has the unknown time zone "${zone}"`, 'Write it like `Europe/Berlin`.')
  }
}

/** Writes a time in moment's letters, as metadata-action does: YYYY YY MM M DD D HH H mm m ss s X (seconds since 1970). Other letters are a mistake. */
export function formatDate(ms: number, format: string, zone = 'UTC'): string {
  const { year = '', month = '', day = '', hour = '', minute = '', second = '' } = partsIn(ms, zone)
  const short = (digits: string) => String(Number(digits))
  const values: Record<string, string> = {
    ...{ YYYY: year, YY: year.slice(2), MM: month, M: short(month), DD: day, D: short(day) },
    ...{ HH: hour, H: short(hour), mm: minute, m: short(minute), ss: second, s: short(second), X: String(Math.floor(ms / 1000)) },
  }
  return format.replace(/\[([^\]]*)\]|YYYY|YY|MM?|DD?|HH?|mm?|ss?|X|[A-Za-z]+/g, (word, literal: string | undefined) => {
    if (literal !== undefined) return literal
    if (values[word] === undefined)
      throw new Mistake(`has "${word}" in a date`, 'Known are YYYY, YY, MM, DD, HH, mm, ss, X and text in [brackets].')
    return values[word]
  })
}
