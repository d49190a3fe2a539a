import { isIPv6 } from 'node:net'
import { allDroplets, type Droplet, dropletsTagged, type Fetch, findLoadBalancer, Transport } from '@deploy-actions/digitalocean'
import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import { invalidHosts, parseHost } from './host.ts'

/** An entry of `host` that stands for whatever droplets there are when the run begins. */
export interface Lookup {
  /** As the user wrote it. */
  readonly line: string
  readonly user: string | undefined
  readonly kind: 'droplet-tag' | 'load-balancer'
  /** The tag; name or id of the balancer. */
  readonly name: string
}

/** A host by its address, and what to call it. */
export interface NamedHost {
  /** `[user@]host[:port]`. */
  readonly line: string
  readonly name: string
}

export interface LookupPorts {
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The machine's own when left out. */
  readonly fetch?: Fetch
}

export interface LookupAccess {
  readonly digitaloceanToken?: string | undefined
  readonly hostAddress?: 'public' | 'private'
  readonly apiUrl?: string
}

/** What DigitalOcean takes for a tag, and for the name of a balancer. */
const NAMES = { 'droplet-tag': /^[\w:-]{1,255}$/, 'load-balancer': /^[A-Za-z0-9][A-Za-z0-9.-]{0,254}$/ }

/** The lookup of a line, or undefined for a host that is written out. @throws UserError DA-HOSTS-INVALID */
export function readLookup(line: string): Lookup | undefined {
  const [, user, kind, name = ''] = /^(?:([^@]*)@)?(droplet-tag|load-balancer):(.*)$/.exec(line) ?? []
  if (kind !== 'droplet-tag' && kind !== 'load-balancer') return undefined
  if (!NAMES[kind].test(name))
    throw invalidHosts([`"${line}" has ${kind === 'droplet-tag' ? 'a tag' : 'the name of a balancer'} that DigitalOcean does not take`])
  if (user !== undefined) parseHost(`${user}@droplet`, { user, port: 22 })
  return { line, user, kind, name }
}

/**
 * The lines of `host` with the droplets in the place of each lookup: those that are active, in the order of their names, each once.
 * @throws UserError DA-HOSTS-NONE, DA-HOSTS-ADDRESS, DA-DO-…
 */
export async function findHosts(lines: readonly string[], access: LookupAccess, ports: LookupPorts): Promise<NamedHost[]> {
  const { digitaloceanToken: token = '', apiUrl: url = 'https://api.digitalocean.com', hostAddress = 'public' } = access
  const transport = new Transport({ fetch, ...ports, url, token })
  const hosts: NamedHost[] = []
  const written = new Set(lines.filter((line) => readLookup(line) === undefined).map((line) => line.replace(/^.*@/, '')))
  for (const line of lines) {
    const lookup = readLookup(line)
    if (lookup === undefined) {
      hosts.push({ line, name: line })
      continue
    }
    const found = (await activeDroplets(lookup, transport, ports.log)).map((droplet) => hostAt(droplet, lookup, hostAddress))
    ports.log.info(`${line}: ${found.map(({ name }) => name).join(', ')}`)
    for (const { address, name } of found) {
      if (written.has(address)) continue
      written.add(address)
      hosts.push({ line: `${lookup.user === undefined ? '' : `${lookup.user}@`}${address}`, name })
    }
  }
  return hosts
}

/** The droplets that a line stands for now: those that are active. @throws UserError DA-HOSTS-NONE, DA-DO-… */
export const activeDroplets = async (lookup: Lookup, transport: Transport, log: Log): Promise<Droplet[]> =>
  activeOf(lookup, await dropletsOf(lookup, transport), log)

async function dropletsOf({ kind, name }: Lookup, transport: Transport): Promise<Droplet[]> {
  if (kind === 'droplet-tag') return dropletsTagged(transport, name)
  const { dropletIds, tag } = await findLoadBalancer(transport, name)
  // A balancer that follows a tag lists its members as well; whether before it has met them is not said.
  if (dropletIds.length === 0 && tag !== '') return dropletsTagged(transport, tag)
  return dropletIds.length === 0 ? [] : (await allDroplets(transport)).filter(({ id }) => dropletIds.includes(id))
}

/** What is switched off would fail the whole run, and gets the release with the next one. */
function activeOf({ line }: Lookup, droplets: readonly Droplet[], log: Log): Droplet[] {
  const others = droplets.filter(({ status }) => status !== 'active').map(({ name, status }) => `${name} (${status})`)
  const active = droplets.filter(({ status }) => status === 'active')
  if (active.length === 0) {
    const there = others.length === 0 ? 'no droplet at all' : `only ${others.join(', ')}`
    const hint =
      'Check the name, and that the token is of the team that has the droplets. A run without a host would be green and have done nothing.'
    throw new UserError('DA-HOSTS-NONE', `${line} has no active droplet: DigitalOcean shows ${there}`, { hint })
  }
  if (others.length > 0) log.warning(`${line}: ${others.join(', ')} left out, because only active droplets are used`)
  return active
}

function hostAt({ name, addresses }: Droplet, { line }: Lookup, network: 'public' | 'private'): { address: string; name: string } {
  const [address] = addresses[network]
  if (address === undefined) {
    const other = network === 'public' ? 'private' : 'public'
    const hint = `\`host-address: ${other}\` takes the other one, which this runner has to reach, by \`jump-host\` for example.`
    throw new UserError('DA-HOSTS-ADDRESS', `the droplet ${name} of ${line} has no ${network} address`, { hint })
  }
  return { address: isIPv6(address) ? `[${address}]` : address, name: `${name} (${address})` }
}
