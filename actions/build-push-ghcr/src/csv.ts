import { Mistake } from '@deploy-actions/kit'

/** The fields of one line by CSV's rules: a field with a comma or a quote in it stands in quotes. A comma inside `{{…}}` does not part fields. */
export function csvFields(line: string): string[] {
  const fields: string[] = []
  let rest = line.trim()
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(,|$)/.exec(rest)
    const plain = quoted ?? /^((?:\{\{.*?\}\}|[^",])*)(,|$)/.exec(rest)
    if (plain === null) throw new Mistake('has a quote that is not closed, or text behind one')
    fields.push(quoted ? (plain[1] as string).replaceAll('""', '"') : (plain[1] as string).trim())
    rest = rest.slice(plain[0].length)
    if (plain[2] === '') break
  }
  return fields.filter((field) => field !== '')
}
