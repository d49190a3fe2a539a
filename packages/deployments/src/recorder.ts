import { octokitApi } from '@deploy-actions/github'
import { type Clock, type Log, messageOf, type Secrets } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import { deploymentsOf } from './deployments.ts'
import type { DeploymentValues } from './inputs.ts'
import { type ReleaseTold, type ReturnTold, recordRelease, recordReturn, type Surroundings } from './record-release.ts'
import { tellSentry } from './sentry.ts'
import { recordVerdict, type VerdictTold } from './verdict.ts'
import { within } from './within.ts'

/** Records at GitHub what was done, and tells Sentry which release serves. Never fails, and never holds a run up: it is called when everything is done, and what takes too long is left. */
export interface Recorder {
  /** A deploy; undefined where there is nothing to record. */
  release(told: ReleaseTold | undefined): Promise<void>
  /** A way back; undefined where there is nothing to record. */
  comeBack(told: ReturnTold | undefined): Promise<void>
  /** What a smoke test found; undefined where there is nothing to record. */
  verdict(told: VerdictTold | undefined): Promise<void>
}

export interface RecorderWorld {
  readonly log: Log
  readonly clock: Clock
  readonly secrets: Pick<Secrets, 'found'>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** For all requests of one record together. */
const LIMIT_MS = 10_000

export function createRecorder(values: DeploymentValues, run: WorkflowRun, world: RecorderWorld, limitMs = LIMIT_MS): Recorder {
  const { token, environment, environmentUrl } = values
  const { repository } = run
  const { log, clock, env, secrets } = world
  const record = async (what: string, told: unknown, work: (around: Surroundings) => Promise<string>): Promise<void> => {
    if (told === undefined) return
    if (token === undefined || environment === undefined || repository === undefined) {
      if (run.run !== undefined) log.info(WITHOUT)
      return
    }
    if (secrets.found(JSON.stringify(told))) return log.warning(`${what} is not recorded: a secret is part of a name in it`, CODE)
    try {
      const done = await within(limitMs, clock, (signal) => {
        const api = octokitApi({ token, url: env.GITHUB_API_URL ?? 'https://api.github.com', clock, signal })
        return work({ deployments: deploymentsOf(api, repository), run, environment, environmentUrl })
      })
      log.info(`${what} ${done}`)
    } catch (error) {
      log.warning(`${what} could not be recorded at GitHub: ${messageOf(error)}. ${HELP}`, CODE)
    }
  }
  const sentry = async (told: ReleaseTold | ReturnTold | undefined): Promise<void> => {
    const { sentryProjects, sentryAuthToken, sentryUrl } = values
    if (sentryProjects === undefined || sentryAuthToken === undefined || environment === undefined) return
    if (told === undefined || told.state !== 'success' || !told.serves || told.unchanged || told.unsettled) return
    const what = `Release ${told.payload.release}`
    if (told.commit === undefined) return log.info(`${what} is not told to Sentry: its commit is unknown`)
    const deploy = { commit: told.commit, name: told.payload.release, environment, repository, runUrl: run.run?.url }
    const place = { ...sentryProjects, token: sentryAuthToken, url: sentryUrl ?? 'https://sentry.io' }
    try {
      const done = await within(limitMs, clock, (signal) => tellSentry(deploy, place, new Date(clock.now()), signal))
      log.info(`${what} ${done}`)
    } catch (error) {
      log.warning(`${what} could not be told to Sentry: ${messageOf(error)}. What was done is done all the same.`, 'DA-SENTRY')
    }
  }
  return {
    async release(told) {
      await record(`Release ${told?.payload.release}`, told, (around) => recordRelease(told as ReleaseTold, around))
      await sentry(told)
    },
    async comeBack(told) {
      // On App Platform nothing but the record says of which commit that is; a host keeps it with the release.
      let commit = told?.payload.target === 'compose-ssh' ? told.commit : undefined
      const found = (recorded: string): void => {
        commit = recorded
      }
      await record(`Release ${told?.payload.release}`, told, (around) => recordReturn(told as ReturnTold, around, found))
      await sentry(told && { ...told, commit })
    },
    verdict: (told) => record('The verdict', told, (around) => recordVerdict(told as VerdictTold, around)),
  }
}

const CODE = 'DA-DEPLOYMENT-RECORD'
const WITHOUT =
  'No deployment is recorded at GitHub. With `token: ${{ github.token }}`, `environment` and `deployments: write` it would be; `promote` needs that.'
const HELP =
  'What was done is done all the same. The job needs `deployments: write`; a promotion of this release needs the record: run the step again.'
