import type { BuildRecord } from './build-record.ts'

/** Age of one build seen from another. `unknown`: a commit time is missing, or two commits have the same. */
export type Age = 'older' | 'same' | 'newer' | 'unknown'

type Dated = Pick<BuildRecord, 'commit' | 'committedAt'>

/** Says whether `build` is older or newer than `live`, by commit time; builds of one commit are the same. */
export function compareBuilds(build: Dated, live: Dated): Age {
  if (build.commit === live.commit) return 'same'
  const difference = Date.parse(build.committedAt ?? '') - Date.parse(live.committedAt ?? '')
  if (Number.isNaN(difference) || difference === 0) return 'unknown'
  return difference < 0 ? 'older' : 'newer'
}
