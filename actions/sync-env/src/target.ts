import type { Applied } from './apply.ts'
import type { Changes } from './changes.ts'

/** Where values are written to. One file for each: `compose-ssh.ts`, `github.ts`, `app-platform.ts`. */
export interface Target {
  /** In messages and in the summary: the path of a file, `environment production of acme/shop`, `app shop`. */
  readonly name: string
  /** Refuses what it cannot hold, before anybody is contacted. @throws UserError */
  judge(values: ReadonlyMap<string, string>): void
  /**
   * Compares with what is there and tells it by name; writes what differs, unless this is a dry run.
   * @param rotateAfter days by name, of the template
   */
  sync(values: ReadonlyMap<string, string>, rotateAfter: ReadonlyMap<string, number>): Promise<SyncResult>
}

export interface SyncResult {
  readonly status: 'written' | 'unchanged' | 'planned'
  /** Of the target. */
  readonly name: string
  readonly places: readonly PlaceResult[]
  /** What `apply` restarted. */
  readonly applied?: Applied
}

/** What became of one host, or of the one place that a target has. */
export interface PlaceResult {
  readonly name: string
  readonly changes: Changes
}

export const isChange = ({ added, changed, removed, file }: Changes): boolean =>
  added.length + changed.length + removed.length + file.length > 0

/** What changes at a place, by name. */
export function changeLine({ added, changed, removed, unchanged, file }: Changes): string {
  const parts = [...named('added', added), ...named('changed', changed), ...named('removed', removed), ...file]
  return [...parts, `${unchanged.length} unchanged`].join('; ')
}

const named = (what: string, names: readonly string[]): string[] => (names.length === 0 ? [] : [`${what} ${names.join(', ')}`])
