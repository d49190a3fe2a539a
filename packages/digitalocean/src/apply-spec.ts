import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import type { App, Deployment } from './app.ts'
import type { Apps } from './apps.ts'
import { guardSecrets } from './encrypted.ts'
import { ApiRefusal, UnknownResult } from './failures.ts'
import { isObject, type JsonObject } from './json-value.ts'
import { type Change, differences, stands } from './spec-difference.ts'

/** What is wanted, given what is live: a pure function, so that it can be laid over what others changed meanwhile. */
export type SpecEdit = (live: JsonObject) => JsonObject

export interface ApplyPorts {
  readonly apps: Apps
  readonly clock: Clock
  readonly log: Log
  readonly signal?: AbortSignal | undefined
}

export interface ApplyRequest {
  readonly app: string
  readonly edit: SpecEdit
  /** Components that follow a branch or a tag get its newest state too. */
  readonly moveSources: boolean
  /** Make a deployment although the spec is as it should be: the last one of it failed. */
  readonly evenIfSame?: boolean
  /** An older spec of the app, whose ciphers may come back. */
  readonly alsoKnown?: JsonObject
}

export interface Applied {
  /** As it was right before. */
  readonly before: App
  /** What was sent; undefined: nothing. */
  readonly sent: JsonObject | undefined
  readonly changes: readonly Change[]
  /** Undefined: there was nothing to change. */
  readonly deployment: Deployment | undefined
}

/** So often somebody else may come in between. */
const ROUNDS = 4
/** Seconds between looks at what became of a change whose answer was lost. */
const LOOKS = [2, 4, 8]

/**
 * Changes the spec of an app, as far as that is possible without losing anything on an API that has no locks and no versions: the spec is read right
 * before it is sent; afterwards it is looked up whether another change came between reading and sending, and that one is brought back, with ours over it.
 *
 * @throws UserError DA-APP-SPEC-INVALID, DA-APP-PINNED, DA-APP-CONTENDED, DA-SPEC-ENCRYPTED, DA-SPEC-SECRET-MISSING, and what `Transport.send` throws
 */
export async function applySpec(request: ApplyRequest, ports: ApplyPorts): Promise<Applied> {
  let theirs: JsonObject | undefined
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = await ports.apps.get(request.app)
    const base = theirs ?? before.spec
    const sent = request.edit(base)
    guardSecrets(sent, base, request.alsoKnown)
    const changes = differences(before.spec, sent)
    if (changes.length === 0 && request.evenIfSame !== true) return { before, sent: undefined, changes, deployment: undefined }
    const deployment = await send({ before, sent, changes }, request, ports)
    theirs = await overwritten({ before, base, sent }, deployment, request, ports)
    if (theirs === undefined) return { before, sent, changes, deployment }
    ports.log.info('Another change came in between and was overwritten: it is brought back, with this one over it')
  }
  const hint = 'Give all workflows that change this app the same `concurrency` group.'
  throw new UserError('DA-APP-CONTENDED', `others change the app all the time: ${ROUNDS} tries in a row met another change`, { hint })
}

interface Sending {
  readonly before: App
  readonly sent: JsonObject
  readonly changes: readonly Change[]
}

const known = ({ active_deployment: a, in_progress_deployment: b, pending_deployment: c, pinned_deployment: d }: App): string[] =>
  [a, b, c, d].flatMap((one) => (one === undefined ? [] : [one.id]))

/** Sends the spec once. What became of it when nobody knows is looked up; only when it surely was not done it is sent again, once. */
async function send(sending: Sending, request: ApplyRequest, ports: ApplyPorts): Promise<Deployment> {
  const { before, sent } = sending
  const update = () => ports.apps.update(request.app, sent, { moveSources: request.moveSources })
  const after = await update().catch(async (error: unknown) => {
    if (!(error instanceof UnknownResult)) throw await explained(error, request.app, ports)
    ports.log.info(`${error.message}; looking what became of it`)
    const done = await lookWhetherDone(sending, request.app, ports)
    if (done !== undefined) return done
    ports.log.info('It was not done; sending it again')
    return update()
  })
  return newDeployment(after, known(before)) ?? (await deployAnew(request.app, known(before), ports))
}

async function lookWhetherDone(
  { before, changes }: Sending,
  id: string,
  { apps, clock, log, signal }: ApplyPorts,
): Promise<App | undefined> {
  for (const seconds of LOOKS) {
    await clock.sleep(seconds * 1000, signal)
    const now = await apps.get(id)
    const moved = changes.length === 0 ? newDeployment(now, known(before)) !== undefined : stands(changes, now.spec)
    if (!moved) continue
    log.info('It was done all the same')
    return now
  }
  return undefined
}

/** The deployment that belongs to a change: guaranteed to be the pending one (digitalocean/openapi, models/app.yml). */
function newDeployment({ pending_deployment: next, in_progress_deployment: now, active_deployment: live }: App, old: readonly string[]) {
  return [next, now, live].find((one) => one !== undefined && one.id !== '' && !old.includes(one.id))
}

/** A change that made no deployment by itself gets one. */
async function deployAnew(id: string, old: readonly string[], { apps, log }: ApplyPorts): Promise<Deployment> {
  const newest = async () => (await apps.recentDeployments(id, 5)).find((one) => !old.includes(one.id))
  const there = await newest()
  if (there !== undefined) return there
  log.info('The change made no deployment by itself; asking for one')
  return apps.deploy(id).catch(async (error: unknown) => {
    const made = error instanceof UnknownResult ? await newest() : undefined
    if (made === undefined) throw error
    return made
  })
}

/**
 * The spec of a change that somebody else made between our reading and our sending, and that ours undid; undefined when nothing is lost. Every change
 * of a spec makes a deployment, which keeps the spec that it was made from.
 */
async function overwritten(
  { before, base, sent }: { before: App; base: JsonObject; sent: JsonObject },
  ours: Deployment,
  { app, edit }: ApplyRequest,
  { apps, log }: ApplyPorts,
): Promise<JsonObject | undefined> {
  const recent = await apps.recentDeployments(app, 10).catch((error: unknown) => {
    log.debug(`the list of deployments cannot be read (${String(error)}): nobody knows whether another change came in between`)
    return []
  })
  const behind = recent.slice(recent.findIndex(({ id }) => id === ours.id) + 1)
  const end = behind.findIndex(({ id }) => known(before).includes(id))
  if (!recent.some(({ id }) => id === ours.id) || end === -1) return undefined
  const theirs = behind.slice(0, end).find((one) => isObject(one.spec) && !isGoingBack(one))?.spec
  if (theirs === undefined || differences(base, theirs).length === 0) return undefined
  return differences(sent, edit(theirs)).length === 0 ? undefined : theirs
}

/** A deployment from an old spec is no change of somebody's. */
const isGoingBack = ({ cloned_from: from, cause_details: details }: Deployment): boolean =>
  (from ?? '') !== '' || /ROLLBACK/.test(details?.type ?? '')

/** A refusal in words of its own, where the reason can be told. */
async function explained(error: unknown, id: string, { apps }: ApplyPorts): Promise<unknown> {
  if (!(error instanceof ApiRefusal) || error.code !== 'DA-DO-REFUSED') return error
  const pinned = (await apps.get(id).catch(() => undefined))?.pinned_deployment
  return pinned === undefined ? specRefused(error) : pinnedTo(pinned)
}

export function specRefused(error: ApiRefusal): UserError {
  const hint =
    'The API names the first mistake only. Compare with docs.digitalocean.com, "App Spec"; an image that it cannot pull may be all that is wrong.'
  return new UserError('DA-APP-SPEC-INVALID', `DigitalOcean refuses the spec: ${error.said || `status ${error.status}`}`, {
    hint,
    cause: error,
  })
}

export function pinnedTo({ id }: Deployment): UserError {
  const hint =
    'Decide first: keep the rollback (`when-pinned: commit`), or go on with `when-pinned: wait` until somebody has decided on the page "Activity" of the app.'
  return new UserError(
    'DA-APP-PINNED',
    `the app is held at deployment ${id} by a rollback that nobody committed; it takes no deployment until then`,
    { hint },
  )
}
