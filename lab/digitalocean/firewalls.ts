import { randomUUID } from 'node:crypto'
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { DropletRecord } from './infrastructure.ts'
import { badRequest, notFound, Problem } from './problem.ts'

/** As the API has it. */
export interface FirewallRule {
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  readonly ports: string
}

interface Target {
  readonly addresses?: readonly string[]
}

export interface FirewallRequest {
  readonly name: string
  readonly inbound_rules?: readonly (FirewallRule & { readonly sources: Target })[] | null
  readonly outbound_rules?: readonly (FirewallRule & { readonly destinations: Target })[] | null
  readonly droplet_ids?: readonly number[] | null
  readonly tags?: readonly string[] | null
}

export interface FirewallRecord extends FirewallRequest {
  readonly id: string
  /** Milliseconds. */
  readonly createdAt: number
  /** From when on it is in force, on the fake's clock. */
  readonly inForceAt: number
  readonly fails: boolean
}

/** A firewall as people have it: web traffic in, everything out. */
export const WEB: Pick<FirewallRequest, 'inbound_rules' | 'outbound_rules'> = {
  inbound_rules: ['80', '443'].map((ports) => ({ protocol: 'tcp', ports, sources: { addresses: ['0.0.0.0/0', '::/0'] } })),
  outbound_rules: (['tcp', 'udp'] as const).map((protocol) => ({
    ...{ protocol, ports: '0' },
    destinations: { addresses: ['0.0.0.0/0', '::/0'] },
  })),
}

/** Cloud firewalls of an account, and what they let in. */
export class FakeFirewalls {
  readonly all: FirewallRecord[] = []
  /** Seconds until a new one is in force. */
  lag = 0
  /** New ones never are. */
  fails = false
  readonly #now: () => number
  readonly #droplets: readonly DropletRecord[]

  constructor(now: () => number, droplets: readonly DropletRecord[]) {
    this.#now = now
    this.#droplets = droplets
  }

  create(request: FirewallRequest): FirewallRecord {
    this.#judge(request)
    const now = this.#now()
    const made = { ...request, id: randomUUID(), createdAt: now, inForceAt: now + this.lag * 1000, fails: this.fails }
    this.all.push(made)
    return made
  }

  find(id: string): FirewallRecord {
    const found = this.all.find((one) => one.id === id)
    if (found === undefined) throw notFound()
    return found
  }

  remove(id: string): void {
    this.all.splice(this.all.indexOf(this.find(id)), 1)
  }

  statusOf({ fails, inForceAt }: FirewallRecord): 'waiting' | 'succeeded' | 'failed' {
    if (this.#now() < inForceAt) return 'waiting'
    return fails ? 'failed' : 'succeeded'
  }

  /** The droplets on which it is not in force yet. */
  pendingOn(firewall: FirewallRecord): number[] {
    return this.statusOf(firewall) === 'succeeded' ? [] : this.#on(firewall).map(({ id }) => id)
  }

  /** Whether a connection gets in: without a firewall everybody does, else whom one of them names. */
  admits(droplet: DropletRecord, address: string, port: number): boolean {
    const on = this.all.filter((one) => this.#on(one).includes(droplet))
    if (on.length === 0) return true
    return on
      .filter((one) => this.statusOf(one) === 'succeeded')
      .flatMap((one) => one.inbound_rules ?? [])
      .some(({ protocol, ports, sources }) => {
        const [first, last = first] = ports === '0' ? [1, 65_535] : ports.split('-').map(Number)
        const isPort = protocol === 'tcp' && port >= (first ?? 0) && port <= (last ?? 0)
        return isPort && (sources.addresses ?? []).some((source) => isWithin(address, source))
      })
  }

  #on({ droplet_ids: ids, tags }: FirewallRecord): DropletRecord[] {
    return this.#droplets.filter((one) => ids?.includes(one.id) === true || tags?.some((tag) => one.tags.includes(tag)) === true)
  }

  #judge({ name, inbound_rules: inbound, outbound_rules: outbound, droplet_ids: ids, tags }: FirewallRequest): void {
    if (this.all.some((one) => one.name === name)) throw new Problem(409, 'conflict', 'duplicate name')
    const rules = [...(inbound ?? []), ...(outbound ?? [])]
    if (rules.length === 0) throw badRequest('at least one inbound or outbound rule is required')
    if (rules.length > 50) throw unprocessable('more than 50 rules')
    if (rules.some(({ ports }) => !/^\d{1,5}(-\d{1,5})?$/.test(ports))) throw badRequest('invalid ports')
    const targets = [...(inbound ?? []).map(({ sources }) => sources), ...(outbound ?? []).map(({ destinations }) => destinations)]
    const addresses = targets.flatMap((target) => target.addresses ?? [])
    if (addresses.some((one) => isIP(one.split('/')[0] ?? '') === 0)) throw badRequest('invalid address')
    if ((ids ?? []).length > 10) throw unprocessable('more than 10 droplets')
    if ((tags ?? []).length > 5) throw unprocessable('more than 5 tags')
    if ((ids ?? []).some((id) => !this.#droplets.some((one) => one.id === id))) throw unprocessable('droplet does not exist')
    if ((tags ?? []).some((tag) => !this.#droplets.some((one) => one.tags.includes(tag)))) throw unprocessable('tag does not exist')
  }
}

const unprocessable = (message: string): Problem => new Problem(422, 'unprocessable_entity', message)

function isWithin(address: string, source: string): boolean {
  const [base = '', bits] = source.split('/')
  const family = isIPv6(base) ? 'ipv6' : 'ipv4'
  if (isIP(address) !== isIP(base)) return false
  const network = new BlockList()
  network.addSubnet(base, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  return network.check(address, family)
}
