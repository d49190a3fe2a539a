import type { LoadReport } from '../lab.ts'

export interface Allowed {
  /** The versions that may answer, in the order of their first answer. */
  versions?: string[]
  /** The first version comes back: it was rolled back to, or a bad release was taken back. */
  returns?: boolean
  /**
   * How often Caddy loads its configuration meanwhile. It stops its servers then, and Go's HTTP server drops a request that it reads in that very moment
   * (net/http, `conn.serve`: it returns when `shuttingDown`): two in a load are let pass, and one in ten loads. Nothing else is.
   */
  reloads?: number
}

/** How Go's server drops a request: the connection ends without a byte. */
const DROPPED = 'no answer: unexpected EOF'

/** What a deploy must not do to its users, as sentences; none when all is well. */
export function lossesIn(report: LoadReport, { versions, returns = false, reloads = 0 }: Allowed = {}): string[] {
  const answered = report.versions.map(({ version }) => version)
  return [
    ...(report.sent > 0 ? [] : ['nothing was sent']),
    ...Object.entries(report.kinds)
      .filter(([, kind]) => kind.lost > 0 && !areDropped(report, reloads))
      .map(([name, kind]) => `${kind.lost} of ${kind.sent} ${name} requests were lost: ${firstFailures(kind.errors, report)}`),
    ...(report.mixed.count === 0
      ? []
      : [`${report.mixed.count} answers mix two releases: ${JSON.stringify(report.mixed.samples.slice(0, 3))}`]),
    ...workerLosses(report.worker),
    ...(versions === undefined || versions.join() === answered.join() ? [] : [`${answered} answered instead of ${versions}`]),
    ...(returns ? [] : oldAnswersAfterTheSwitch(report)),
  ]
}

/** All that were lost, of every kind, are as few as reloads may drop, and nothing but dropped. */
function areDropped({ kinds }: LoadReport, reloads: number): boolean {
  const all = Object.values(kinds)
  const lost = all.reduce((sum, kind) => sum + kind.lost, 0)
  return (
    lost <= Math.max(Math.min(reloads, 1) * 2, reloads / 10) && all.every(({ errors }) => errors.every(({ reason }) => reason === DROPPED))
  )
}

function firstFailures(errors: { at_ms: number; reason: string }[], report: LoadReport): string {
  const switched = report.versions.map(({ version, first_ms }) => `${version} from ${first_ms} ms`).join(', ')
  // A machine that could not even send in time says less about the product.
  const late = `${report.late_starts} sent late, at worst by ${report.worst_late_start_ms} ms`
  return `${errors
    .slice(0, 4)
    .map(({ at_ms, reason }) => `at ${at_ms} ms ${reason}`)
    .join('; ')} (${switched}; ${late})`
}

function workerLosses(worker: LoadReport['worker']): string[] {
  if (worker === undefined) return []
  if (!(worker.sent > 0)) return [`the worker did not call: ${JSON.stringify(worker)}`]
  return [
    ...(worker.lost === 0 ? [] : [`${worker.lost} of ${worker.sent} calls by name were lost: ${worker.errors.slice(0, 4).join('; ')}`]),
    ...(worker.mixed === 0 ? [] : [`${worker.mixed} answers to calls by name mix two releases`]),
  ]
}

/** A slow request of the old version may be answered long after the switch, but none may have begun there. */
function oldAnswersAfterTheSwitch({ versions }: LoadReport): string[] {
  return versions.slice(1).flatMap((next, index) => {
    const old = versions[index]
    if (old === undefined || old.last_started_ms <= next.first_ms) return []
    return [
      `${old.version} answered a request that began ${old.last_started_ms - next.first_ms} ms after the first answer of ${next.version}`,
    ]
  })
}

/** Throws when anything was lost, mixed, or answered by a version that should not have. */
export function expectNothingLost(report: LoadReport, allowed: Allowed = {}): void {
  const losses = lossesIn(report, allowed)
  if (losses.length > 0) throw new Error(`requests suffered:\n- ${losses.join('\n- ')}`)
}
