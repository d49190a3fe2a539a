import {
  allDroplets,
  changeMembers,
  type Droplet,
  type Fetch,
  findLoadBalancer,
  type LoadBalancer,
  membersOf,
  Transport,
} from '@deploy-actions/digitalocean'
import { type Clock, UserError } from '@deploy-actions/kit'
import { type ConnectionValues, type Place, placesOf } from './connection.ts'
import type { LookupAccess, LookupPorts } from './found-hosts.ts'
import { dropletAt } from './hosted-droplets.ts'

/** What stands in front of the hosts of a run, and leaves one of them alone when it is told to. */
export interface Balancer {
  readonly id: string
  readonly name: string
  /** Where it asks a host whether it is well. */
  readonly check: { readonly port: number; readonly path: string }
  /** Milliseconds until it has noticed that a host is not well, or is well again. */
  readonly noticesBadMs: number
  readonly noticesGoodMs: number
  /** The droplet that a host is. @param address as `Place.address` @throws UserError DA-BALANCER-HOST */
  dropletAt(address: string): number
  /** The droplets behind it now. */
  members(): Promise<readonly number[]>
  /** Puts a droplet behind it, or takes it away, and waits until its list says so. @throws UserError DA-BALANCER-MEMBER */
  change(how: 'add' | 'remove', droplet: number): Promise<void>
  /** Puts a droplet behind the balancer that a dead run took it out of, which may be another one. @throws UserError DA-BALANCER-MEMBER */
  putBack(out: { readonly balancer: string; readonly droplet: number }): Promise<void>
}

export interface BalancerPorts extends Pick<LookupPorts, 'clock' | 'signal'> {
  readonly fetch?: Fetch
}

export interface BalancerAccess extends LookupAccess {
  /** Name or id. */
  readonly takeOutOf: string | undefined
}

/**
 * The balancer of `take-out-of`; undefined where it is not given.
 * @throws UserError DA-DO-BALANCER, DA-BALANCER-TAG, DA-BALANCER-HEALTH, DA-DO-…
 */
export async function balancerOf({ takeOutOf, ...access }: BalancerAccess, ports: BalancerPorts): Promise<Balancer | undefined> {
  if (takeOutOf === undefined) return undefined
  const transport = transportOf(access, ports)
  const balancer = await findLoadBalancer(transport, takeOutOf)
  refuseUnfit(balancer)
  // Nobody is added; a token that may not change the balancer is refused all the same.
  await changeMembers(transport, balancer.id, 'add', [])
  const droplets = await allDroplets(transport)
  const { id, name, healthCheck } = balancer
  return {
    ...{ id, name, check: { port: healthCheck.port, path: healthCheck.path } },
    ...{ noticesBadMs: healthCheck.noticesBadMs, noticesGoodMs: healthCheck.noticesGoodMs },
    dropletAt: (address) => dropletIdAt(address, droplets, name),
    members: () => membersOf(transport, id),
    change: (how, droplet) => change(transport, { id, how, droplet }, ports.clock),
    putBack: (out) => change(transport, { id: out.balancer, how: 'add', droplet: out.droplet }, ports.clock),
  }
}

/** The hosts of these inputs, and the balancer that they are taken out of. @throws as `placesOf` and `balancerOf` */
export async function reach(
  values: ConnectionValues & BalancerAccess,
  ports: LookupPorts,
): Promise<{ hosts: Place[]; balancer: Balancer | undefined }> {
  return { hosts: await placesOf(values, ports), balancer: await balancerOf(values, ports) }
}

const transportOf = ({ digitaloceanToken: token = '', apiUrl: url = 'https://api.digitalocean.com' }: LookupAccess, ports: BalancerPorts) =>
  new Transport({ fetch, ...ports, url, token })

/** Letters, digits and what no shell and no path takes for something else. */
const PATH = /^\/(?!.*\.\.)[\w.~/-]*$/

function refuseUnfit({ name, tag, healthCheck: { protocol, path }, passesUnseen }: LoadBalancer): void {
  if (tag !== '') {
    const hint = 'Let it list its droplets by id. Or leave `take-out-of` out: services are then made anew in place.'
    throw new UserError('DA-BALANCER-TAG', `the balancer ${name} follows the tag ${tag}, so no droplet is taken out of it by its id`, {
      hint,
    })
  }
  const hint = 'Give it a health check over `http` with a path of its own, such as `/health`.'
  if (protocol !== 'http')
    throw new UserError(
      'DA-BALANCER-HEALTH',
      `the balancer ${name} asks over ${protocol} whether a host is well, so a host cannot tell it by a path that it is taken out`,
      { hint },
    )
  if (!PATH.test(path))
    throw new UserError(
      'DA-BALANCER-HEALTH',
      `the balancer ${name} asks for ${JSON.stringify(path)} whether a host is well; letters, digits and /._~- are possible here`,
      { hint },
    )
  if (path === '/' && passesUnseen)
    throw new UserError(
      'DA-BALANCER-HEALTH',
      `the balancer ${name} asks for / whether a host is well and passes connections on unseen, so its check looks like a visitor`,
      { hint },
    )
}

function dropletIdAt(address: string, droplets: readonly Droplet[], balancer: string): number {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  const found = dropletAt(host, droplets)
  if (found !== undefined) return found.id
  const hint = 'Write `droplet-tag:…` in `host`, or the addresses that DigitalOcean shows for the droplets.'
  throw new UserError(
    'DA-BALANCER-HOST',
    `no droplet has the address ${host}, so it is not known whether the balancer ${balancer} sends anybody there`,
    { hint },
  )
}

/** The list may lag behind what it was told. */
const TRIES = 30
const PAUSE_MS = 2_000

async function change(
  transport: Transport,
  { id, how, droplet }: { id: string; how: 'add' | 'remove'; droplet: number },
  clock: Clock,
): Promise<void> {
  await changeMembers(transport, id, how, [droplet])
  for (let tries = 1; tries <= TRIES; tries += 1) {
    if ((await membersOf(transport, id)).includes(droplet) === (how === 'add')) return
    await clock.sleep(PAUSE_MS)
  }
  const [done, hint] =
    how === 'add'
      ? ['added to', 'Run the deploy again, or add it on the page of the balancer.']
      : ['removed from', 'Look at the balancer on the web page; the next deploy puts the droplet back.']
  throw new UserError(
    'DA-BALANCER-MEMBER',
    `the droplet ${droplet} was ${done} the balancer ${id}, and a minute later its list does not say so`,
    { hint },
  )
}
