import type { DeployInputs } from '@deploy-actions/deploy-compose-ssh/part'
import type { RunMigrationsInputs } from '@deploy-actions/run-migrations/part'
import type { SmokeInputs } from '@deploy-actions/smoke-test/part'
import type { ReleaseInputs } from './inputs.ts'

/** Beyond the time of the smoke test: for the way back. */
const SPARE_MS = 120_000

/** What the deploy is given. The old release is kept warm until the smoke test has its verdict, which then ends that. */
export function deployInputs(given: ReleaseInputs): DeployInputs {
  const warmPrevious = given.url === undefined ? 0 : given.smokeTimeout + SPARE_MS
  // The candidate waits for its own smoke test only.
  return { ...given, phase: 'all', releaseId: undefined, candidateTimeout: given.smokeTimeout + SPARE_MS, warmPrevious }
}

/** Backups of a release stay on the host: to a store they go by the action backup. */
const NO_STORE = {
  ...{ s3Bucket: undefined, s3Endpoint: undefined, s3Region: undefined, s3Prefix: undefined },
  ...{ s3AccessKey: undefined, s3SecretKey: undefined, s3SessionToken: undefined, encryptTo: [] },
}

/** What the migrations are given; before the deploy, so nothing that the running release could not live with. */
export function migrationInputs<G extends Partial<ReleaseInputs>>(given: G, tool: NonNullable<ReleaseInputs['tool']>) {
  const fixed = { operation: 'apply', runOn: 'ssh', phase: 'expand', to: undefined, downCommand: undefined } as const
  const backup: RunMigrationsInputs['backup'] = given.backup === 'none' ? 'none' : 'before'
  return { ...given, ...fixed, ...NO_STORE, tool, backup, ...renamed(given, { migrationTimeout: 'timeout' }) }
}

/** What the smoke test is given. Going back, and ending what is warm, is not its part here. */
export function smokeInputs<G extends Partial<ReleaseInputs>>(given: G, url: URL, candidate?: SmokeInputs['candidate']) {
  const fixed = { url, candidate, settleWarm: false, releaseId: undefined }
  return { ...given, ...fixed, ...renamed(given, { smokeEnvKeys: 'envKeys', smokeTimeout: 'timeout' }) }
}

/** An input that could not be read is absent, under its other name too. */
function renamed<G extends object, const N extends { readonly [K in keyof G]?: string }>(given: G, names: N): Renamed<G, N> {
  const pairs = Object.entries(names).flatMap(([from, to]) => (from in given ? [[to as string, given[from as keyof G]]] : []))
  return Object.fromEntries(pairs)
}

type Renamed<G, N> = { [K in keyof G as K extends keyof N ? N[K] & string : never]: G[K] }
