import { type Log, messageOf, UserError } from '@deploy-actions/kit'
import { type AgentEvent, Settled, type Settlement } from './agent.ts'
import { HostFailures, together } from './host-failures.ts'
import type { OpenHost } from './open-hosts.ts'
import type { Turns, Waiting } from './turns.ts'

/** A release that comes to some hosts together: on all of them, or on none. */
export interface Change {
  readonly release: string
  /** In the order in which they switch. */
  readonly hosts: readonly OpenHost[]
  /** The run has this host only: whoever began it asks again when the connection is lost. Not so where the others of several have the release already. */
  readonly single: boolean
  /** So many switch first; the others follow when these were right. */
  readonly canary: number
  /** How long the first ones are watched before the others follow, beyond their verification. */
  readonly soakMs: number
  readonly log: Log
  /** Hosts are taken out of their balancer while they make services anew. */
  readonly turns?: Turns | undefined
  /** Brings a host as far as a healthy candidate, and tells it what follows (see `Agent.prepare`). Called once more for a host that missed the end. */
  readonly prepare: (host: OpenHost, then: readonly string[]) => Promise<void>
  /** A new session with a host whose connection was lost (see `reopen`). */
  readonly reopen: (host: OpenHost, decision: 'commit' | 'revert') => Promise<OpenHost>
}

/** How the change ended on a host. `lost`: nobody could ask any more. */
export interface HostEnd {
  readonly host: OpenHost
  readonly settlement: Settlement | 'lost'
  /** Also of a second session, where the connection was lost. */
  readonly events: readonly AgentEvent[]
}

/** With what went wrong there. */
type End = HostEnd & { readonly failure?: unknown }

/** How the change ended. */
export interface ChangeEnd {
  readonly settlement: Settlement
  readonly hosts: readonly HostEnd[]
  readonly failure?: UserError
}

/**
 * Prepare on all, switch the canary and then the others, ask all once more, make it final on all; any failure before that takes it back
 * on all (docs/decisions/0014). A single host goes the same way.
 *
 * @throws UserError when the connection to a single host was lost: nobody here knows what serves there now
 */
export async function changeHosts(change: Change): Promise<ChangeEnd> {
  const { hosts, log, turns } = change
  try {
    // One that waits for no other needs no word from us in between, which from far away takes its time.
    await log.group('Prepare', () => prepareAll(change, hosts.length === 1 && turns === undefined ? ['switch', 'commit'] : []))
    // What has to happen once for all hosts, such as migrations, belongs here: every host has the images, and nobody has switched.
    await log.group('Switch and verify', () => switchAll(change))
  } catch (error) {
    if (!(error instanceof HostFailures)) throw error
    return takeBack(change, error)
  }
  const ends = await log.group('Finish', () =>
    turns === undefined ? Promise.all(hosts.map((host) => finish(host, change))) : finishInTurn(change, turns),
  )
  return ended(change, ends)
}

/** The release is final on all hosts first, and then they make services anew one after the other. */
async function finishInTurn(change: Change, turns: Turns): Promise<End[]> {
  const told = await Promise.all(
    change.hosts.map(async (host): Promise<Waiting | End> => {
      try {
        return { host, services: await host.agent.commitInTurn() }
      } catch (error) {
        return missed(host, error, change)
      }
    }),
  )
  const waiting = told.filter((one): one is Waiting => 'services' in one)
  const failures = await turns.take(waiting)
  return Promise.all(told.map((one) => ('services' in one ? endOfTurn(one.host, failures.get(one.host)) : one)))
}

/** The release is final in any case; a host that had no turn, or whose turn was broken off, keeps what it has to do in its journal. */
async function endOfTurn(host: OpenHost, failure: unknown): Promise<End> {
  const { events } = host.agent
  try {
    const last = (event: string) => events.findLastIndex(({ name }) => name === event)
    if (last('based') > last('waits')) {
      const end = committed(host, await host.agent.turnIsOver())
      return failure === undefined ? end : { ...end, settlement: 'failed', failure }
    }
    await host.agent.quit()
    return { host, settlement: 'failed', events, failure }
  } catch (error) {
    return { host, settlement: 'failed', events, failure: failure ?? error }
  }
}

/** Every host has a healthy candidate. @param then what each goes on to by itself @throws HostFailures */
export async function prepareAll({ hosts, prepare }: Pick<Change, 'hosts' | 'prepare'>, then: readonly string[] = []): Promise<void> {
  if (hosts.length > 1) for (const { agent } of hosts) agent.oneOf(hosts.length)
  await together(hosts, (host) => prepare(host, then), stopThem)
}

async function switchAll({ hosts, canary, soakMs, log }: Change): Promise<void> {
  const [first, others] = [hosts.slice(0, canary), hosts.slice(canary)]
  await inTurn(first)
  if (soakMs > 0 && first.length > 0 && others.length > 0) {
    log.info(`${first.map(({ name }) => name).join(', ')} is watched for ${soakMs / 1000} s before the others follow`)
    await together(first, ({ agent }) => agent.watch(soakMs), stopThem)
  }
  await inTurn(others)
  // Right before the end, so that what is said next reaches hosts that were just there: only in between can one miss it.
  if (hosts.length > 1) await together(hosts, ({ agent }) => agent.confirm(), stopThem)
}

/**
 * The first one, then twice as many each time: a host switches when one before it serves, so that many hosts have two releases for a short time only. They
 * verify at the same time. Nobody follows when one has failed.
 */
async function inTurn(hosts: readonly OpenHost[]): Promise<void> {
  let failed = false
  const served = new Map(hosts.map((host) => [host, signal()]))
  const before = (host: OpenHost) => served.get(hosts[((hosts.indexOf(host) + 1) >> 1) - 1] as OpenHost)?.given
  const switchInTurn = async (host: OpenHost) => {
    await before(host)
    try {
      if (!failed) await host.agent.switch(served.get(host)?.give)
    } catch (error) {
      failed = true
      throw error
    } finally {
      served.get(host)?.give()
    }
  }
  await together(hosts, switchInTurn, stopThem)
}

function signal(): { given: Promise<void>; give: () => void } {
  let give = (): void => undefined
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give: () => give() }
}

const stopThem = (busy: readonly OpenHost[]): void => {
  for (const { agent } of busy) agent.stop()
}

/** The release is final here. Said to all hosts in one breath: whoever hears it goes on to the end, whatever becomes of us. */
async function finish(host: OpenHost, change: Change): Promise<End> {
  try {
    return committed(host, await host.agent.commit())
  } catch (error) {
    return missed(host, error, change)
  }
}

/** What became of a host that was told that the release is final, and did not say how it ended. @throws the loss of a single host */
async function missed(host: OpenHost, error: unknown, change: Change): Promise<End> {
  if (error instanceof Settled) return { host, settlement: error.settlement, events: host.agent.events, failure: error }
  if (change.single) throw error
  return catchUp(host, change)
}

const committed = (host: OpenHost, settlement: Settlement): End => {
  const { events, lastFailure } = host.agent
  return { host, settlement, events, ...(settlement === 'failed' && { failure: lastFailure }) }
}

/** A host whose connection was lost when the others went on to the end: it did too, or it took the release back and gets it once more. */
async function catchUp(lost: OpenHost, change: Change): Promise<End> {
  lost.log.info('the connection was lost at the very end; asking it once more')
  let { events } = lost.agent
  let again: OpenHost | undefined
  try {
    again = await change.reopen(lost, 'commit')
    events = [...events, ...again.agent.events]
    if (again.release === change.release) {
      await again.agent.quit()
      return again.unfinished === true ? missedTurn(lost, events) : { host: lost, settlement: 'deployed', events }
    }
    await change.prepare(again, [])
    await again.agent.switch()
    if (change.turns !== undefined && (await again.agent.commitInTurn()).length > 0) {
      await again.agent.quit()
      return missedTurn(lost, [...events, ...again.agent.events])
    }
    const end = committed(again, await (change.turns === undefined ? again.agent.commit() : withoutTurn(again)))
    return { ...end, host: lost, events: [...events, ...end.events] }
  } catch (error) {
    return { host: lost, settlement: error instanceof Settled ? error.settlement : 'lost', events, failure: error }
  } finally {
    await again?.remote.close()
  }
}

/** Nothing that requests may need is made anew here. */
async function withoutTurn({ agent }: OpenHost): Promise<Settlement> {
  await agent.baseInTurn()
  return agent.turnIsOver()
}

function missedTurn(host: OpenHost, events: readonly AgentEvent[]): End {
  const message = `${host.name}: the connection was lost before its turn, so what was to be made anew there is as before`
  const failure = new UserError('DA-BALANCER-UNFINISHED', message, { hint: 'The next deploy with `take-out-of` goes on there.' })
  return { host, settlement: 'failed', events, failure }
}

/** Removes what was prepared, and switches back where that was done. @throws what a single host was lost by */
export async function takeBack(change: Change, failures: HostFailures<OpenHost>): Promise<ChangeEnd> {
  const { hosts, single, log } = change
  const { reason } = failures.among(single ? 1 : 2)
  const takeAll = () => Promise.all(hosts.map((host) => takeBackOn(host, failures.of(host), change)))
  const ends = single ? await takeAll() : await log.group('Take back', takeAll)
  if (!(reason instanceof UserError) || ends.every(({ settlement }) => settlement === 'lost')) throw reason
  return { settlement: ends.some(({ settlement }) => settlement === 'reverted') ? 'reverted' : 'aborted', hosts: ends, failure: reason }
}

async function takeBackOn(host: OpenHost, error: unknown, { single, reopen }: Change): Promise<HostEnd> {
  const { events } = host.agent
  const settledAs = (settlement: HostEnd['settlement']): HostEnd => ({ host, settlement, events })
  if (error instanceof Settled) return settledAs(error.settlement)
  try {
    if (error === undefined) return settledAs(await host.agent.abort())
  } catch (thrown) {
    if (thrown instanceof Settled) return settledAs(thrown.settlement)
  }
  if (single) return settledAs('lost')
  try {
    const again = await reopen(host, 'revert')
    await again.agent.quit()
    await again.remote.close()
    return settledAs(switched(host) ? 'reverted' : 'aborted')
  } catch {
    return settledAs('lost')
  }
}

const switched = ({ agent }: OpenHost): boolean => agent.events.some(({ name }) => name === 'switched')

/** The change is final: what ended otherwise is told. @throws what every host was lost by */
function ended({ release }: Change, ends: readonly End[]): ChangeEnd {
  const others = ends.filter(({ settlement }) => settlement !== 'deployed')
  const missing = others.filter(({ settlement }) => settlement !== 'failed')
  const failure = others.map((end) => end.failure).find((one) => one !== undefined)
  if (others.length === 0) return { settlement: 'deployed', hosts: ends }
  if (others.every(({ settlement }) => settlement === 'lost') && missing.length === ends.length) throw failure
  const told = failure instanceof UserError ? { failure } : {}
  // All went back together, by a cancel right before the end: it is as the hosts say.
  if (missing.length === ends.length) return { settlement: 'reverted', hosts: ends, ...told }
  if (missing.length === 0) return { settlement: 'failed', hosts: ends, ...told }
  return { settlement: 'failed', hosts: ends, failure: split(release, ends, missing) }
}

function split(release: string, ends: readonly End[], missing: readonly End[]): UserError {
  const names = (some: readonly End[]) => some.map(({ host }) => host.name).join(', ')
  const why = missing.map(({ failure }) => messageOf(failure)).join('; ')
  const others = names(ends.filter((end) => !missing.includes(end)))
  return new UserError('DA-FLEET-SPLIT', `${release} is final on ${others}, but not on ${names(missing)}: ${why}`, {
    hint: 'Run the same deploy or rollback again over all hosts: those that have the release are left alone, the others get it.',
  })
}
