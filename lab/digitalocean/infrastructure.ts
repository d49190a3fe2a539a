import { randomUUID } from 'node:crypto'
import { FakeFirewalls } from './firewalls.ts'
import { notFound, Problem } from './problem.ts'

export interface DropletRecord {
  readonly id: number
  readonly name: string
  status: 'new' | 'active' | 'off' | 'archive'
  readonly tags: readonly string[]
  readonly public?: string
  readonly private?: string
}

/** As the API has it; what is left out has the defaults of its description. */
export interface BalancerSettings {
  health_check?: {
    protocol?: 'http' | 'https' | 'tcp'
    port?: number
    path?: string
    check_interval_seconds?: number
    response_timeout_seconds?: number
    unhealthy_threshold?: number
    healthy_threshold?: number
  }
  forwarding_rules?: {
    entry_protocol: string
    entry_port: number
    target_protocol: string
    target_port: number
    tls_passthrough?: boolean
  }[]
}

/** A load balancer: a list of droplets that takes its time to follow what it was told. */
export class FakeBalancer {
  readonly id = randomUUID()
  readonly name: string
  readonly tag: string
  readonly settings: BalancerSettings
  status: 'new' | 'active' | 'errored' = 'active'
  /** Seconds until a change of the members is done. */
  lag = 0
  readonly #now: () => number
  #members: number[]
  #changes: { readonly at: number; readonly how: 'add' | 'remove'; readonly ids: readonly number[] }[] = []

  constructor(name: string, members: readonly number[], { tag, now, ...settings }: BalancerSettings & { tag: string; now: () => number }) {
    this.name = name
    this.tag = tag
    this.settings = settings
    this.#members = [...members]
    this.#now = now
  }

  /** The droplets behind it by now. */
  get dropletIds(): number[] {
    const due = this.#changes.filter(({ at }) => at <= this.#now())
    this.#changes = this.#changes.filter((one) => !due.includes(one))
    for (const { how, ids } of due) {
      const others = this.#members.filter((id) => !ids.includes(id))
      this.#members = how === 'add' ? [...others, ...ids] : others
    }
    return [...this.#members]
  }

  /** What is said to changes of one that follows a tag is unverified. */
  change(how: 'add' | 'remove', ids: readonly number[]): void {
    if (this.tag !== '') throw new Problem(422, 'unprocessable_entity', 'load balancer targets a tag')
    this.#changes.push({ at: this.#now() + this.lag * 1000, how, ids })
  }
}

export interface ManifestRecord {
  readonly digest: string
  tags: string[]
  /** Milliseconds. */
  readonly updatedAt: number
}

interface Collection {
  readonly uuid: string
  readonly type: string
  readonly startedAt: number
  readonly fails: boolean
  cancelledAt: number | undefined
}

/** How long each state of a garbage collection lasts, in seconds. That write tokens live 15 minutes is unverified. */
const STATES: readonly (readonly [string, number])[] = [
  ['requested', 5],
  ['waiting for write JWTs to expire', 900],
  ['scanning manifests', 30],
  ['deleting unreferenced blobs', 30],
]

/** Seconds; unverified. */
const CANCELLING = 10

/** DigitalOcean's registry of an account: what its API shows of it, not the registry itself. */
export class FakeDocr {
  readonly name = 'acme'
  readonly repositories = new Map<string, ManifestRecord[]>()
  readonly collections: Collection[] = []
  /** Logins that were handed out: what they may do, and for how many seconds. */
  readonly logins: { readonly readWrite: boolean; readonly seconds: number }[] = []
  /** The next garbage collections end as `failed`. */
  collectionsFail = false
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  stateOf({ startedAt, fails, cancelledAt }: Collection): string {
    if (cancelledAt !== undefined) return (this.#now() - cancelledAt) / 1000 < CANCELLING ? 'cancelling' : 'cancelled'
    let left = (this.#now() - startedAt) / 1000
    for (const [state, seconds] of STATES) {
      if (left < seconds) return state
      left -= seconds
    }
    return fails ? 'failed' : 'succeeded'
  }

  active(): Collection | undefined {
    return this.collections.find((one) => !['succeeded', 'failed', 'cancelled'].includes(this.stateOf(one)))
  }

  /** What is said to a second one is unverified. */
  collect(type: string): Collection {
    if (this.active() !== undefined) throw new Problem(409, 'conflict', 'garbage collection already in progress')
    const made = { uuid: randomUUID(), type, startedAt: this.#now(), fails: this.collectionsFail, cancelledAt: undefined }
    this.collections.push(made)
    return made
  }

  cancel(uuid: string): Collection {
    const found = this.active()
    if (found?.uuid !== uuid) throw notFound()
    found.cancelledAt = this.#now()
    return found
  }

  manifests(repository: string): ManifestRecord[] {
    const found = this.repositories.get(decodeURIComponent(repository))
    if (found === undefined) throw notFound()
    return found
  }
}

/** What an account has beside apps. */
export class Infrastructure {
  readonly droplets: DropletRecord[] = []
  readonly balancers: FakeBalancer[] = []
  /** Backups of managed databases by the cluster's id. */
  readonly databases = new Map<string, { readonly createdAt: number; readonly gigabytes: number }[]>()
  readonly docr: FakeDocr
  readonly firewalls: FakeFirewalls
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
    this.docr = new FakeDocr(now)
    this.firewalls = new FakeFirewalls(now, this.droplets)
  }

  /** @param addresses of its networks; default a public one of its own */
  addDroplet(
    name: string,
    tags: readonly string[] = [],
    addresses: { public?: string; private?: string } = { public: `203.0.113.${this.droplets.length + 1}` },
  ): DropletRecord {
    const made: DropletRecord = { id: 3_164_400 + this.droplets.length, name, status: 'active', tags, ...addresses }
    this.droplets.push(made)
    return made
  }

  addBalancer(name: string, droplets: readonly DropletRecord[], tag = '', settings: BalancerSettings = {}): FakeBalancer {
    const members = droplets.map(({ id }) => id)
    const made = new FakeBalancer(name, members, { ...settings, tag, now: this.#now })
    this.balancers.push(made)
    return made
  }

  /** That ids of no droplet are refused is unverified. */
  requireDroplets(ids: readonly number[]): readonly number[] {
    if (ids.some((id) => !this.droplets.some((one) => one.id === id)))
      throw new Problem(422, 'unprocessable_entity', 'droplet does not exist')
    return ids
  }

  balancer(id: string): FakeBalancer {
    const found = this.balancers.find((one) => one.id === id)
    if (found === undefined) throw notFound()
    return found
  }
}
