import { digestAtEnd, type WorkflowRun } from '@deploy-actions/release'
import type { DeploymentPayload } from './deployment-payload.ts'
import type { Deployment, DeploymentState, Deployments } from './deployments.ts'

/** What is to be recorded of a deploy. */
export interface ReleaseTold {
  readonly commit: string | undefined
  readonly payload: Omit<DeploymentPayload, 'run' | 'serves' | 'unsettled'>
  readonly state: 'success' | 'failure'
  /** A sentence for people, at most 140 characters. */
  readonly description: string
  /** The release serves now, well or not: what served before does not any more. */
  readonly serves: boolean
  /** Nobody saw how it ended: it may serve yet. */
  readonly unsettled?: boolean
  /** Nothing was done, because it served already. */
  readonly unchanged?: boolean
}

/** What is to be recorded of a way back. */
export interface ReturnTold extends Omit<ReleaseTold, 'payload'> {
  /** The release that was brought back: its own record has commit, build and names. Undefined: the one that served before what serves now. Where no record names it, the newest of the same images. */
  readonly of: string | undefined
  readonly payload: Omit<DeploymentPayload, 'run' | 'serves' | 'unsettled' | 'build' | 'env'>
}

export interface Surroundings {
  readonly deployments: Deployments
  readonly run: WorkflowRun
  readonly environment: string
  readonly environmentUrl: string | undefined
}

/** How far back is looked: GitHub gives a hundred on a page. */
const HOW_MANY = 100

/** @returns what was done, for the log */
export async function recordRelease(told: ReleaseTold, around: Surroundings): Promise<string> {
  const earlier = await around.deployments.newest(around.environment, HOW_MANY)
  if (told.unchanged && (await isRecorded(told.payload, around))) return 'is recorded already'
  return record(told, earlier, around)
}

/** @param found is told the commit of the release that was brought back, where a record knows it
 * @returns what was done, for the log */
export async function recordReturn(told: ReturnTold, around: Surroundings, found: (commit: string) => void): Promise<string> {
  const earlier = await around.deployments.newest(around.environment, HOW_MANY)
  // What was said of it since stays the newest word: that it is live says nothing about a red smoke test.
  if (told.unchanged && (await newestOf(told.payload.app, around))?.payload?.release === told.payload.release) return 'is recorded already'
  const find = (fits: (payload: DeploymentPayload) => boolean) =>
    around.deployments.find(around.environment, (one): one is Deployment => one.payload !== undefined && fits(one.payload))
  const of = told.of ?? (await find(({ serves, app }) => serves && app === told.payload.app))?.payload?.previous
  const first =
    (of !== undefined && (await find(({ release, app }) => release === of && app === told.payload.app))) ||
    (await find((one) => one.serves && one.app === told.payload.app && sameImages(one.images, told.payload.images)))
  if (first) found(first.commit)
  const { build, env = [], images, app } = first?.payload ?? {}
  const payload = { ...told.payload, env, ...(app && { app }), ...(images && { images }), ...(build && { build }) }
  return record({ ...told, commit: first?.commit ?? told.commit, payload }, earlier, around)
}

async function isRecorded({ release, app }: { release: string; app: string }, around: Surroundings): Promise<boolean> {
  const newest = await newestOf(app, around)
  return newest?.payload?.release === release && (await around.deployments.statuses(newest.id))[0]?.state === 'success'
}

/** The newest record of an app that came to serve, or may have. */
function newestOf(app: string, { deployments, environment }: Surroundings): Promise<Deployment | undefined> {
  const fits = ({ payload }: Deployment) => payload?.app === app && (payload.serves || payload.unsettled === true)
  return deployments.find(environment, (one): one is Deployment => fits(one))
}

/** Every service of the record that is there now has the digest of the record, and there is one. */
function sameImages(recorded: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): boolean {
  const shared = Object.keys(recorded).filter((service) => now[service] !== undefined)
  const digestOf = (image = '') => digestAtEnd(image)
  return (
    shared.length > 0 &&
    shared.every((service) => digestOf(recorded[service]) !== undefined && digestOf(recorded[service]) === digestOf(now[service]))
  )
}

async function record(told: ReleaseTold, earlier: readonly Deployment[], around: Surroundings): Promise<string> {
  const { deployments, run, environment, environmentUrl } = around
  const { commit, description, state, serves, unsettled, payload } = told
  if (commit === undefined) return 'is not recorded: its commit is unknown'
  const id = await deployments.create({
    ...{ environment, commit, description, task: payload.via },
    payload: { ...payload, serves, ...(unsettled && { unsettled }), ...(run.run && { run: run.run }) },
  })
  await deployments.say(id, { state, description, environmentUrl, logUrl: run.run?.url })
  if (serves) await endOlder(earlier, payload.app, deployments)
  return `is recorded as deployment ${id} of ${environment}`
}

const ACTIVE: readonly DeploymentState[] = ['success', 'in_progress', 'queued', 'pending']

/** Other apps of the environment still serve. Whoever was ended by an earlier run has none before it that is active. */
async function endOlder(earlier: readonly Deployment[], app: string, deployments: Deployments): Promise<void> {
  for (const { id, payload } of earlier) {
    if (payload !== undefined && payload.app !== app) continue
    const state = (await deployments.statuses(id))[0]?.state
    // One of GitHub's own, for a job with `environment:`, says nothing about ours.
    if (state === 'inactive' && payload !== undefined) return
    if (state === undefined || ACTIVE.includes(state))
      await deployments.say(id, { state: 'inactive', description: 'Another release serves now' })
  }
}
