import { networkDefinitions } from './network-changes.ts'
import type { CurrentRelease, ReleaseRequest } from './release-request.ts'
import type { Decided } from './render-release.ts'
import type { LiveService } from './strategies.ts'

export interface RecordParts {
  readonly request: ReleaseRequest
  readonly decided: Decided
  readonly base: Readonly<Record<string, LiveService>>
  readonly fingerprint: string
  readonly baseFingerprint: string
}

/** `release.json`: for people, and for the next run (`currentRelease`). Holds no values of variables. */
export function releaseRecord({ request, decided, base, fingerprint, baseFingerprint }: RecordParts): Record<string, unknown> {
  const { id, of, app, project, commit, commitTime, runUrl, keepReleases, hosts, edgeImage } = request
  // Named one by one: whoever asks may hand over more than times, and this is written down.
  const { healthTimeout, verifyFor, drainTimeout, streamDrainTimeout, warmPrevious } = request.times
  const times = { healthTimeout, verifyFor, drainTimeout, streamDrainTimeout, warmPrevious }
  const kinds = [...decided.strategies.byService].map(([name, { kind, reason }]) => [name, { strategy: kind, reason }])
  return {
    schema: 1,
    ...{ id, of, app, project, commit, commitTime, runUrl, fingerprint, baseFingerprint, times, keepReleases, hosts, edgeImage },
    images: Object.fromEntries(
      Object.entries(decided.model.services).flatMap(([name, { image }]) => (image === undefined ? [] : [[name, image]])),
    ),
    services: Object.fromEntries(kinds),
    base,
    networks: networkDefinitions(decided.model, project),
    kept: decided.placed.kept,
    routes: request.routes.map(({ line }) => line),
    checks: decided.checks,
    health: Object.fromEntries(decided.strategies.health),
  }
}

/** Reads what the next run needs from the text of the live release's release.json; undefined when it is none that we wrote. */
export function currentRelease(text: string): CurrentRelease | undefined {
  let record: Partial<CurrentRelease> & { schema?: unknown }
  try {
    record = JSON.parse(text)
  } catch {
    return undefined
  }
  if (record?.schema !== 1 || typeof record.id !== 'string' || typeof record.fingerprint !== 'string') return undefined
  const { id, fingerprint, commit, commitTime, networks, kept, images = {}, base = {} } = record
  return {
    ...{ id, fingerprint, images, base },
    ...(commit === undefined ? {} : { commit }),
    ...(commitTime === undefined ? {} : { commitTime }),
    ...(networks === undefined ? {} : { networks }),
    ...(kept === undefined ? {} : { kept }),
  }
}
