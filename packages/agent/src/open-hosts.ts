import type { Place, Remote } from '@deploy-actions/hosts'
import { type Log, prefixed, UserError } from '@deploy-actions/kit'
import { Agent, type AgentOptions, notDecided, type Standing } from './agent.ts'
import { HostFailures, together } from './host-failures.ts'

/** A host of the run with the agent that answers there. */
export interface HostSession {
  /** As the user wrote it. */
  readonly name: string
  readonly place: Place
  /** Says of which host it tells, where there are several. */
  readonly log: Log
  readonly remote: Remote
  readonly agent: Agent
  /** The agent's private folder there. */
  readonly folder: string
}

/** A host whose lock is ours, with what stands there. */
export interface OpenHost extends HostSession, Standing {}

export interface OpenOptions extends AgentOptions {
  /** What can be done while another run still has the lock, such as an upload. */
  readonly meanwhile?: (session: HostSession) => Promise<void>
}

/**
 * Logs in to all hosts at the same time and takes their locks: all or none.
 * @returns the hosts in the order in which they were given
 * @throws UserError that tells of every host that cannot take part
 */
export async function openHosts(places: readonly Place[], options: OpenOptions): Promise<OpenHost[]> {
  const several = places.length > 1
  const doors = places.map((place) => ({ ...place, place, log: several ? prefixed(options.log, place.name) : options.log }))
  const remotes = new Map<string, Remote>()
  try {
    await options.log.group('Connect', () =>
      together(doors, async ({ name, place, log }) => void remotes.set(name, await place.connect(log))),
    )
    const sessions = await together(doors, (door) => begin({ ...door, remote: remotes.get(door.name) as Remote }, options))
    const hosts = await lockAll(sessions, options)
    return tellDifferences(await together(hosts, (host) => decide(host, hosts)), options.log)
  } catch (error) {
    await Promise.all([...remotes.values()].map((remote) => remote.close()))
    throw error instanceof HostFailures ? error.all : error
  }
}

/** One host once more, whose connection was lost: as soon as the agent there has settled, or has died. */
export async function reopen(lost: OpenHost, decision: 'commit' | 'revert', options: OpenOptions): Promise<OpenHost> {
  const { name, place, log } = lost
  await lost.remote.close()
  const remote = await place.connect(log)
  try {
    const session = await begin({ name, place, log, remote }, { ...options, meanwhile: async () => undefined })
    const standing = await session.agent.standing()
    return { ...session, ...(standing.undecided === undefined ? standing : await session.agent.decide(decision)) }
  } catch (error) {
    await remote.close()
    throw error
  }
}

/** Ends the connections: whatever the run left on the hosts to tidy up is tidied, where they answer. */
export async function closeAll(hosts: readonly Pick<HostSession, 'remote'>[]): Promise<void> {
  await Promise.all(hosts.map(({ remote }) => remote.close()))
}

async function begin({ name, place, log, remote }: Omit<HostSession, 'agent' | 'folder'>, options: OpenOptions): Promise<HostSession> {
  const { meanwhile, ...request } = options
  const session = { name, place, log, remote, ...(await Agent.open(remote, { ...request, log })) }
  await meanwhile?.(session)
  return session
}

/**
 * All hosts try at the same time. Whoever has to wait for one holds only hosts before it, in an order that is the same for every run:
 * two runs that share hosts never wait for each other.
 */
async function lockAll(sessions: readonly HostSession[], options: OpenOptions): Promise<OpenHost[]> {
  const order = [...sessions].sort((a, b) => (a.place.address < b.place.address ? -1 : 1))
  const hosts = new Map<string, OpenHost>()
  for (let at = 0; at < order.length; at += 1) {
    const session = order[at] as HostSession
    let freed: Promise<unknown> | undefined
    const [standing] = await together([session], () =>
      session.agent.standing((folder) => {
        refuseTwice(session, order, folder)
        freed ??= Promise.all(order.slice(at + 1).map(({ agent }) => agent.letGo()))
      }),
    ).catch((error: unknown) => {
      throw error instanceof HostFailures ? error.among(sessions.length) : error
    })
    hosts.set(session.name, { ...session, ...(standing as Standing) })
    if (freed === undefined) continue
    await freed
    order.splice(at + 1, order.length, ...(await together(order.slice(at + 1), (later) => begin(later, options))))
  }
  return sessions.map(({ name }) => hosts.get(name) as OpenHost)
}

/** Who has the lock is this very run, by another name of the host. */
function refuseTwice({ name }: HostSession, sessions: readonly HostSession[], folder: string): void {
  const twin = sessions.find((other) => other.name !== name && other.folder === folder)
  if (twin === undefined) return
  throw new UserError('DA-HOSTS-INVALID', `${name} and ${twin.name} are the same host`, { hint: 'Name it once.' })
}

/**
 * Where another host has made the release final, every host that says yes to it does so too.
 * @throws UserError DA-FLEET-UNDECIDED where that cannot be known, because this run does not see all hosts of that one
 */
async function decide(host: OpenHost, hosts: readonly OpenHost[]): Promise<OpenHost> {
  const { undecided, ...session } = host
  if (undecided === undefined) return host
  const { release } = undecided
  const stays = hosts.some((other) => other.release === release)
  if (!stays && hosts.length < undecided.hosts) throw notDecided(undecided, host.name)
  host.log.info(
    `${release}: the run that brought it died at the very end; ${stays ? 'it is final on other hosts, so it stays' : 'it is final nowhere, so it is taken back'}`,
  )
  return { ...session, ...(await host.agent.decide(stays ? 'commit' : 'revert')) }
}

/** Two releases are what a run leaves that died at the very end, with some hosts on each side. */
function tellDifferences(hosts: OpenHost[], log: Log): OpenHost[] {
  const live = hosts.filter(({ release }) => release !== '')
  if (new Set(live.map(({ release }) => release)).size > 1) {
    const each = live.map(({ name, release }) => `${name}: ${release}`).join('; ')
    log.notice(`the hosts do not have the same release (${each}): an earlier run ended in between. This one brings them together`)
  }
  return hosts
}
