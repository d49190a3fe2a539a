import { UserError } from '@deploy-actions/kit'

export interface ReleaseId {
  /** When the release was made; whole seconds. */
  at: Date
  /** First seven hex digits of the commit; seven zeros where there is none. */
  commit: string
  /** The workflow run that made it; undefined from a shell. */
  run?: { id: string; attempt: number }
}

const NO_COMMIT = '0000000'
const PATTERN = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([0-9a-f]{7})-(?:local|(\d+)\.([1-9]\d*))$/

/** Writes `<UTC yyyymmddThhmmssZ>-<sha7>-<run>.<attempt>`, with `local` in place of the run from a shell. Fine as a file name and an image tag; sorts by time. */
export function formatReleaseId({ at, commit, run }: { at: Date; commit?: string | undefined; run?: ReleaseId['run'] }): string {
  const time = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '')
  return `${time}-${commit === undefined ? NO_COMMIT : commit.slice(0, 7).toLowerCase()}-${run === undefined ? 'local' : `${run.id}.${run.attempt}`}`
}

/** @throws UserError DA-RELEASE-ID for anything that `formatReleaseId` would not write */
export function parseReleaseId(text: string): ReleaseId {
  const [, year, month, day, hour, minute, second, commit = '', run, attempt] = PATTERN.exec(text) ?? []
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const at = new Date(iso)
  // The comparison refuses the 31st of February, which Date turns into another day.
  if (commit === '' || Number.isNaN(at.getTime()) || at.toISOString() !== iso) throw invalid(text)
  return { at, commit, ...(run === undefined ? {} : { run: { id: run, attempt: Number(attempt) } }) }
}

function invalid(text: string): UserError {
  const hint = 'Take one from `release list` on the host; it looks like `20260131T093000Z-1a2b3c4-123456.1`.'
  return new UserError('DA-RELEASE-ID', `"${text}" is not a release id`, { hint })
}
