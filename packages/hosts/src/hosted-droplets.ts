import { isIP, isIPv6 } from 'node:net'
import { allDroplets, type Droplet, type Transport } from '@deploy-actions/digitalocean'
import { type Log, UserError } from '@deploy-actions/kit'
import { activeDroplets, readLookup } from './found-hosts.ts'
import { canonicalIPv6, parseHosts } from './host.ts'

/** The droplets that lines of `host` mean, and the ports at which somebody logs in there. */
export interface HostedDroplets {
  readonly droplets: readonly Droplet[]
  readonly ports: readonly number[]
}

export interface HostedPorts {
  readonly transport: Transport
  readonly log: Log
  /** The addresses of a host name. */
  readonly resolve: (name: string) => Promise<readonly string[]>
}

/**
 * The same lines as `placesOf` takes, by what they are at DigitalOcean; each droplet once. @param port where a line has none
 * @throws UserError DA-HOSTS-INVALID, DA-HOSTS-NONE, DA-HOSTS-DROPLET, DA-DO-…
 */
export async function hostedDroplets(lines: readonly string[], port: number, ports: HostedPorts): Promise<HostedDroplets> {
  const written = parseHosts(
    lines.filter((line) => readLookup(line) === undefined),
    { user: 'root', port },
  )
  const lookups = lines.flatMap((line) => readLookup(line) ?? [])
  const found = new Map<number, Droplet>()
  for (const lookup of lookups)
    for (const droplet of await activeDroplets(lookup, ports.transport, ports.log)) found.set(droplet.id, droplet)
  const all = written.length === 0 ? [] : await allDroplets(ports.transport)
  for (const { host } of written) {
    const droplet = await dropletOf(host, all, ports.resolve)
    found.set(droplet.id, droplet)
  }
  const wanted = new Set([...(lookups.length === 0 ? [] : [port]), ...written.map((host) => host.port)])
  return { droplets: [...found.values()], ports: [...wanted].sort((a, b) => a - b) }
}

/** The droplet with an address, in either network. */
export const dropletAt = (address: string, droplets: readonly Droplet[]): Droplet | undefined =>
  droplets.find(({ addresses }) => [...addresses.public, ...addresses.private].some((one) => spelt(one) === spelt(address)))

const spelt = (address: string): string => (isIPv6(address) ? canonicalIPv6(address) : address)

async function dropletOf(host: string, all: readonly Droplet[], resolve: HostedPorts['resolve']): Promise<Droplet> {
  const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host]
  const droplet = addresses.map((address) => dropletAt(address, all)).find((one) => one !== undefined)
  if (droplet !== undefined) return droplet
  const what =
    addresses.length === 0
      ? `the name ${host} has no address`
      : `no droplet has the address ${addresses.join(' or ')}${isIP(host) === 0 ? ` of ${host}` : ''}`
  const hint =
    'Write `droplet-tag:…`, or an address that DigitalOcean shows for the droplet: not that of a CDN or a balancer in front of it. Is the token of the team that has it?'
  throw new UserError('DA-HOSTS-DROPLET', what, { hint })
}
