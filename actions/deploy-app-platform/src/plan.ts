import {
  ApiRefusal,
  type App,
  busyWith,
  type Change,
  changeInWords,
  componentsOf,
  deploysOnPush,
  differences,
  guardSecrets,
  type JsonObject,
  movesBy,
  specRefused,
} from '@deploy-actions/digitalocean'
import { type Log, UserError } from '@deploy-actions/kit'
import type { DeployPorts } from './deploy-request.ts'
import type { Wanted } from './wanted-spec.ts'

/** What a run is going to do, made without changing anything. */
export interface Plan {
  readonly wanted: Wanted
  readonly changes: readonly Change[]
  /** Components that get something new although this release has nothing for them, in words. */
  readonly moves: readonly string[]
  readonly cost: { readonly before: number | undefined; readonly after: number | undefined }
}

/** Compares what is wanted with what is live, and asks the API what it thinks of it. @throws UserError DA-APP-SPEC-INVALID, DA-APP-NAME-TAKEN */
export async function makePlan(live: App | undefined, wanted: Wanted, ports: DeployPorts): Promise<Plan> {
  guardSecrets(wanted.spec, live?.spec)
  const changes = differences(live?.spec ?? {}, wanted.spec)
  const moves = live === undefined || changes.length === 0 ? [] : movesIn(wanted)
  if (live !== undefined && changes.length === 0) return { wanted, changes, moves, cost: { before: undefined, after: undefined } }
  const after = await proposed(wanted.spec, live?.id, ports)
  const before = live === undefined ? undefined : await proposed(live.spec, live.id, ports).catch(() => undefined)
  return { wanted, changes, moves, cost: { before, after } }
}

function movesIn({ spec, assigned }: Wanted): string[] {
  return componentsOf(spec).flatMap((component) => {
    const by = assigned.some((one) => one.component === component.name) ? undefined : movesBy(component)
    return by === undefined ? [] : [`${component.name} gets the newest of ${by}`]
  })
}

async function proposed(spec: JsonObject, id: string | undefined, { apps, log }: DeployPorts): Promise<number | undefined> {
  try {
    const { cost, nameAvailable } = await apps.propose(spec, id)
    if (id === undefined && nameAvailable === false) throw nameTaken(String(spec.name))
    return cost
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.code !== 'DA-DO-REFUSED') throw error
    // Known to be said of good specs: `doctl apps spec validate` fails on every live one by it.
    if (!error.said.includes('must not be encrypted before app is created')) throw specRefused(error)
    log.info('The API does not judge encrypted values beforehand')
    return undefined
  }
}

export function nameTaken(name: string): UserError {
  const hint = 'Names are unique in an account, also across teams that the token does not see. Choose another `app-name`.'
  return new UserError('DA-APP-NAME-TAKEN', `there is an app ${name} already, and this run did not make it`, { hint })
}

/** The plan as lines for the log. */
export function tellPlan({ changes, cost, wanted }: Plan, live: App | undefined, log: Log): void {
  if (wanted.unused.length > 0) log.warning(`no component uses these images: ${wanted.unused.join(', ')}`)
  if (live === undefined) log.info('The app is new')
  else if (changes.length === 0) log.info('The spec is as it should be')
  else for (const change of changes) log.info(changeInWords(change))
  const price = costInWords(cost)
  if (price !== '') log.info(price)
  const pushed = componentsOf(wanted.spec).filter(deploysOnPush)
  if (pushed.length > 0) log.warning(`the platform deploys by itself what is pushed for ${pushed.map(({ name }) => name).join(', ')}`)
  const busy = live && busyWith(live)
  if (busy !== undefined) log.info(`Deployment ${busy.id} is going on`)
}

export function costInWords({ before, after }: Plan['cost']): string {
  if (after === undefined) return ''
  const dollars = (amount: number) => `$${amount.toFixed(2)}`
  if (before === undefined) return `${dollars(after)} a month`
  return before === after ? `${dollars(after)} a month, as now` : `${dollars(after)} a month, ${dollars(before)} now`
}

/** @throws UserError DA-APP-MOVES when `strict` */
export function judgeMoves(moves: readonly string[], strict: boolean, log: Log): void {
  if (moves.length === 0) return
  const told = moves.join('; ')
  if (!strict) {
    log.warning(`others move too: ${told}`)
    return
  }
  const hint = 'Give these components images by digest too, or leave `strict` out.'
  throw new UserError('DA-APP-MOVES', `others would move with this deploy: ${told}`, { hint })
}
