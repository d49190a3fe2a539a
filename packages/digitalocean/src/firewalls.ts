import { BlockList, isIP, isIPv6 } from 'node:net'
import type { Droplet } from './droplets.ts'
import { everyPage } from './every-page.ts'
import { ApiRefusal, badResponse, UnknownResult } from './failures.ts'
import { isObject, type Json, type JsonObject, objectsIn, textOf } from './json-value.ts'
import type { Transport } from './transport.ts'

/** A cloud firewall. What stands in several of a droplet adds up, and what stands in none of them is blocked, in and out. */
export interface Firewall {
  readonly id: string
  readonly name: string
  /** `waiting`, `succeeded` or `failed`. */
  readonly status: string
  /** Milliseconds. */
  readonly createdAt: number
  /** The droplets that it is on by their ids, and by their tags. */
  readonly dropletIds: readonly number[]
  readonly tags: readonly string[]
  /** Droplets on which a change is not in force yet. */
  readonly pending: readonly { readonly dropletId: number; readonly removing: boolean }[]
  readonly inbound: readonly InboundRule[]
}

export interface InboundRule {
  /** `tcp`, `udp` or `icmp`. */
  readonly protocol: string
  /** One port, a range `8000-9000`, or `0` for all. */
  readonly ports: string
  /** Addresses and networks `18.0.0.0/8`; what a rule says of droplets, tags and balancers is left out. */
  readonly addresses: readonly string[]
}

/** A firewall takes no more droplets by their ids (docs.digitalocean.com/products/networking/firewalls/details/limits). */
export const DROPLETS_PER_FIREWALL = 10

export async function allFirewalls(transport: Transport): Promise<Firewall[]> {
  return (await everyPage(transport, '/v2/firewalls', 'firewalls')).map(firewallIn)
}

export async function firewallById(transport: Transport, id: string): Promise<Firewall> {
  const call = { method: 'GET', path: `/v2/firewalls/${id}` } as const
  return answered(await transport.send(call), call)
}

export interface NewFirewall {
  readonly name: string
  /** At most DROPLETS_PER_FIREWALL. */
  readonly dropletIds: readonly number[]
  /** The only one that is opened: a firewall opens what it opens on all its droplets. */
  readonly port: number
  /** The only one that is let in. */
  readonly address: string
}

const TRIES = 3
const PAUSE_MS = 3_000

/**
 * Makes a firewall that lets one address in. An answer that is lost may have been a success, so it is looked for by its name before it is asked for
 * again; a name is there once (409 `duplicate name`: harmony-one/harmony-ops#390), so it cannot be made twice.
 *
 * @throws UnknownResult when it may be there; ApiRefusal when it is not; UserError DA-DO-…
 */
export async function createFirewall(
  transport: Transport,
  { name, dropletIds, port, address }: NewFirewall,
  sleep: (ms: number) => Promise<void>,
): Promise<Firewall> {
  const sources = { addresses: [isIPv6(address) ? `${address}/128` : `${address}/32`] }
  const inbound = [{ protocol: 'tcp', ports: String(port), sources }]
  const body = { name, inbound_rules: inbound, droplet_ids: [...dropletIds] }
  const call = { method: 'POST', path: '/v2/firewalls' } as const
  let unsure: UnknownResult | undefined
  for (let tries = 1; ; tries += 1) {
    try {
      return answered(await transport.send({ ...call, body }), call)
    } catch (error) {
      // After a lost answer no other one says that nothing was made: that the name is taken means that something was.
      if (error instanceof UnknownResult) unsure = error
      if (unsure === undefined) throw error
    }
    await sleep(PAUSE_MS)
    const there = await allFirewalls(transport).catch(() => [])
    const found = there.find((one) => one.name === name)
    if (found !== undefined) return found
    if (tries === TRIES) throw unsure
  }
}

/** Deletes a firewall; one that is gone is fine. It puts something right, so a run that is cancelled does it too. */
export async function deleteFirewall(transport: Transport, id: string): Promise<void> {
  try {
    await transport.send({ method: 'DELETE', path: `/v2/firewalls/${id}`, harmless: true, lastly: true })
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 404) throw error
  }
}

/** Whether a firewall is on a droplet, and stays there. */
export function covers({ dropletIds, tags, pending }: Firewall, droplet: Droplet): boolean {
  if (pending.some(({ dropletId, removing }) => removing && dropletId === droplet.id)) return false
  return dropletIds.includes(droplet.id) || tags.some((tag) => droplet.tags.includes(tag))
}

/** Whether what stands in it is in force on a droplet. */
export const isInForce = ({ pending }: Firewall, { id }: Droplet): boolean => !pending.some(({ dropletId }) => dropletId === id)

/** Whether this firewall lets an address in at a port, over TCP. */
export const letsIn = (firewall: Firewall, address: string, port: number): boolean =>
  sourcesOf(firewall, port).some((source) => holds(source, address))

/** Whether it lets everybody in there, of IPv4 or of IPv6. */
export const letsEverybodyIn = (firewall: Firewall, port: number): boolean =>
  sourcesOf(firewall, port).some((source) => source.endsWith('/0'))

const sourcesOf = ({ inbound }: Firewall, port: number): readonly string[] =>
  inbound.filter(({ protocol, ports }) => protocol === 'tcp' && hasPort(ports, port)).flatMap(({ addresses }) => addresses)

function hasPort(ports: string, port: number): boolean {
  const [first = '', last = first] = ports.split('-')
  return ports === '0' || ports === 'all' || (Number(first) <= port && port <= Number(last))
}

function holds(source: string, address: string): boolean {
  const [base = '', bits] = source.split('/')
  if (isIP(base) === 0 || isIP(base) !== isIP(address)) return false
  const [family, longest] = isIPv6(base) ? (['ipv6', 128] as const) : (['ipv4', 32] as const)
  const prefix = Number(bits ?? longest)
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > longest) return false
  const network = new BlockList()
  network.addSubnet(base, prefix, family)
  return network.check(address, family)
}

function answered(answer: Json, call: { method: 'GET' | 'POST'; path: string }): Firewall {
  if (!isObject(answer) || !isObject(answer.firewall) || textOf(answer.firewall.id) === '') throw badResponse(call)
  return firewallIn(answer.firewall)
}

const firewallIn = (shown: JsonObject): Firewall => ({
  ...{ id: textOf(shown.id), name: textOf(shown.name), status: textOf(shown.status), createdAt: Date.parse(textOf(shown.created_at)) },
  ...{ dropletIds: Array.isArray(shown.droplet_ids) ? shown.droplet_ids.map(Number) : [], tags: textsIn(shown.tags) },
  pending: objectsIn(shown.pending_changes).map((one) => ({ dropletId: Number(one.droplet_id), removing: one.removing === true })),
  inbound: objectsIn(shown.inbound_rules).map(({ protocol, ports, sources }) => ({
    ...{ protocol: textOf(protocol), ports: textOf(ports) },
    addresses: isObject(sources) ? textsIn(sources.addresses) : [],
  })),
})

const textsIn = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(textOf) : [])
