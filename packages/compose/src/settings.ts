import type { ReleaseRequest } from './release-request.ts'

interface Decisions {
  readonly fingerprint: string
  readonly baseFingerprint: string
  /** `service:program-version` */
  readonly databases: readonly string[]
  readonly inTurn: readonly string[]
}

/** `settings`: lines `key=value` for the agent. */
export function settings(request: ReleaseRequest, { fingerprint, baseFingerprint, databases, inTurn }: Decisions): string {
  const { times } = request
  const values = {
    format: 1,
    id: request.id,
    of: request.of ?? '',
    app: request.app,
    project: request.project,
    commit: request.commit ?? '',
    commit_time: request.commitTime ?? '',
    fingerprint,
    base_fingerprint: baseFingerprint,
    data_directory: request.dataDirectory ?? '',
    env_files: request.envFiles?.join(',') ?? '',
    edge_image: request.edgeImage,
    profiles: [...(request.profiles ?? [])].sort().join(','),
    hosts: request.hosts,
    health_timeout: times.healthTimeout,
    verify_for: times.verifyFor,
    drain_timeout: times.drainTimeout,
    stream_drain_timeout: times.streamDrainTimeout,
    warm_previous: times.warmPrevious,
    max_error_increase: request.maxErrorIncrease ?? '',
    keep_releases: request.keepReleases,
    databases: databases.join(','),
    remove_orphans: request.removeOrphans === true ? 'yes' : 'no',
    ...(request.balancer && { in_turn: inTurn.join(',') }),
    run_url: request.runUrl ?? '',
    first_slot: 'blue',
  }
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
