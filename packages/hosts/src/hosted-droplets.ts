import { isIP, isIPv6 } from 'node:net'
import { allDroplets, type Droplet, type Transport } from '@deploy-actions/digitalocean'
import { type Log, UserError } from '@deploy-actions/kit'
import { activeDroplets, readLookup } from './found-hosts.ts'
import { canonicalIPv6, type Endpoint, parseHosts } from './host.ts'

/** Where somebody logs in on a droplet. */
export interface SshDoor {
  readonly droplet: Droplet
  readonly port: number
  /** What it was asked for by: a host as it is written, or the droplet's own name where it was looked up. */
  readonly host: string
  /** The addresses that a client of that host may take. */
  readonly addresses: readonly string[]
}

export interface HostedPorts {
  readonly transport: Transport
  readonly log: Log
  /** The addresses of a host name. */
  readonly resolve: (name: string) => Promise<readonly string[]>
}

/**
 * The same lines as `placesOf` takes, by the droplets that they are at DigitalOcean: of a name with several addresses all of them. @param port where a line has none
 * @throws UserError DA-HOSTS-INVALID, DA-HOSTS-NONE, DA-HOSTS-DROPLET, DA-DO-…
 */
export async function hostedDroplets(lines: readonly string[], port: number, ports: HostedPorts): Promise<SshDoor[]> {
  const written = parseHosts(
    lines.filter((line) => readLookup(line) === undefined),
    { user: 'root', port },
  )
  const doors: SshDoor[] = []
  for (const lookup of lines.flatMap((line) => readLookup(line) ?? []))
    for (const droplet of await activeDroplets(lookup, ports.transport, ports.log))
      doors.push({ droplet, port, host: droplet.name, addresses: droplet.addresses.public.slice(0, 1) })
  const all = written.length === 0 ? [] : await allDroplets(ports.transport)
  for (const host of written) doors.push(...(await doorsOf(host, all, ports)))
  return doors
}

/** The droplet with an address, in either network. */
export const dropletAt = (address: string, droplets: readonly Droplet[]): Droplet | undefined =>
  droplets.find(({ addresses }) => [...addresses.public, ...addresses.private].some((one) => spelt(one) === spelt(address)))

const spelt = (address: string): string => (isIPv6(address) ? canonicalIPv6(address) : address)

/** A client takes any address of a name, so behind each of them somebody has to open. */
async function doorsOf({ host, port }: Endpoint, all: readonly Droplet[], { resolve, log }: HostedPorts): Promise<SshDoor[]> {
  const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host]
  const droplets = new Set(addresses.flatMap((address) => dropletAt(address, all) ?? []))
  if (droplets.size === 0) throw noDroplet(host, addresses)
  const others = addresses.filter((address) => dropletAt(address, all) === undefined)
  if (others.length > 0)
    log.warning(`${host} also has the address ${others.join(' and ')}, which no droplet has: who logs in there stays outside`)
  return [...droplets].map((droplet) => ({ droplet, port, host, addresses }))
}

function noDroplet(host: string, addresses: readonly string[]): UserError {
  const what =
    addresses.length === 0
      ? `the name ${host} has no address`
      : `no droplet has the address ${addresses.join(' or ')}${isIP(host) === 0 ? ` of ${host}` : ''}`
  const hint =
    'Write `droplet-tag:…`, or an address that DigitalOcean shows for the droplet: not that of a CDN or a balancer in front of it. Is the token of the team that has it?'
  return new UserError('DA-HOSTS-DROPLET', what, { hint })
}
