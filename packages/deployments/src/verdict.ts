import type { Deployment, DeploymentStatus } from './deployments.ts'
import type { Surroundings } from './record-release.ts'

/** What a smoke test found of a release. */
export interface VerdictTold {
  /** Undefined: that which this workflow run brought. */
  readonly release: string | undefined
  /** Undefined: of whichever app; then no other app may have a record by this run. */
  readonly app?: string | undefined
  readonly passed: boolean
  /** How many checks, or why not. */
  readonly words: string
}

// The words by which `hasPassed` knows the verdict again: GitHub keeps no other text with a status.
const PASSED = 'Smoke test passed'
const FAILED = 'Smoke test failed'

/** A release passed when its newest verdict says so and nothing went wrong behind it. */
export function hasPassed(statuses: readonly DeploymentStatus[]): boolean {
  const [newest] = statuses
  return newest?.state === 'success' && statuses.find(isVerdict)?.description.startsWith(PASSED) === true
}

const isVerdict = ({ description }: DeploymentStatus): boolean => description.startsWith(PASSED) || description.startsWith(FAILED)

/** GitHub gives a hundred on a page. */
const HOW_MANY = 100

/** @returns what was done, for the log */
export async function recordVerdict({ release, app, passed, words }: VerdictTold, around: Surroundings): Promise<string> {
  const { deployments, environment, environmentUrl, run } = around
  const isMeant = ({ payload }: Deployment) =>
    payload !== undefined &&
    (release === undefined ? payload.run?.id === run.run?.id : payload.release === release) &&
    (app === undefined || payload.app === app)
  const tested = await deployments.find(environment, (one): one is Deployment => isMeant(one))
  const others = (await deployments.newest(environment, HOW_MANY)).filter(
    (one) => isMeant(one) && one.payload?.app !== tested?.payload?.app,
  )
  if (others.length > 0) {
    const apps = [tested, ...others].map((one) => one?.payload?.app)
    return `of ${environment} is not recorded: it may be of any of ${[...new Set(apps)].join(', ')}. Give the smoke test \`app\``
  }
  if (tested === undefined) {
    const which = release === undefined ? 'this workflow run has recorded no deployment there' : `${release} has no deployment there`
    return `of ${environment} is not recorded: ${which}`
  }
  await deployments.say(tested.id, {
    state: passed ? 'success' : 'failure',
    description: `${passed ? PASSED : FAILED}: ${words}`,
    environmentUrl,
    logUrl: run.run?.url,
  })
  return `is recorded in deployment ${tested.id} of ${environment}`
}
