import { get } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { FakeBalancer } from './digitalocean/infrastructure.ts'

export interface BalancerOptions {
  /** What the API has of it: members and health check are asked of this all the time. */
  readonly record: FakeBalancer
  /** Address of a droplet. */
  readonly addressOf: (droplet: number) => string
}

/** What a client and a member have open through the balancer. */
interface Connection {
  /** When something was last said on it. */
  usedAt: number
  readonly end: () => void
}

/** One droplet as the balancer sees it. */
interface Member {
  well: boolean
  /** Checks in a row that said otherwise. */
  otherwise: number
  checkedAt: number
  checking: boolean
  readonly open: Set<Connection>
}

/** Longer than any answer of the load takes. */
const IDLE_MS = 3_000

/**
 * A load balancer for TCP that obeys what DigitalOcean's API has of it: it asks each member's health path over HTTP, at its interval and with its thresholds, and
 * passes connections to those that are well, one after the other. It is as harsh as one may be: a connection that a member does not take is not tried
 * elsewhere, and a member that comes is well until a check fails. Connections of one that is removed go on to their end; those on which nothing is said are closed.
 */
export class TcpBalancer {
  /** Connections by droplet so far. */
  readonly passed = new Map<number, number>()
  /** Members that were told not to be well any more, and those that are removed, in order: `unwell 1`, `well 1`, `removed 1`, `added 1`. */
  readonly seen: string[] = []
  /** The fewest members that were well at one time. */
  fewest = Number.POSITIVE_INFINITY
  readonly #options: BalancerOptions
  readonly #members = new Map<number, Member>()
  #leaving: Connection[] = []
  readonly #server = createServer({ allowHalfOpen: true }, (client) => this.#pass(client))
  #timer: NodeJS.Timeout | undefined
  #turn = 0

  private constructor(options: BalancerOptions) {
    this.#options = options
  }

  static async open(options: BalancerOptions): Promise<TcpBalancer> {
    const balancer = new TcpBalancer(options)
    balancer.#follow()
    balancer.#timer = setInterval(() => balancer.#follow(), 50)
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve))
    return balancer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const { open } of this.#members.values()) for (const { end } of open) end()
    for (const { end } of this.#leaving) end()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #follow(): void {
    // Timers come before what has arrived meanwhile: after a stall of this process a connection may look idle whose next request is here already.
    // Those that begin to leave right now have had no time yet to say what they had to.
    const leaving = [...this.#leaving]
    setImmediate(() => {
      for (const { usedAt, end } of leaving) if (Date.now() - usedAt > IDLE_MS) end()
    })
    const ids = this.#options.record.dropletIds
    for (const id of ids.filter((one) => !this.#members.has(one))) {
      this.#members.set(id, { well: true, otherwise: 0, checkedAt: 0, checking: false, open: new Set() })
      this.seen.push(`added ${id}`)
    }
    for (const [id, { open }] of [...this.#members].filter(([one]) => !ids.includes(one))) {
      this.#members.delete(id)
      this.seen.push(`removed ${id}`)
      this.#leaving.push(...open)
    }
    const { check_interval_seconds: interval = 10 } = this.#options.record.settings.health_check ?? {}
    for (const [id, member] of this.#members)
      if (!member.checking && Date.now() - member.checkedAt >= interval * 1000) void this.#check(id, member)
    this.fewest = Math.min(this.fewest, this.#wellOnes().length)
  }

  async #check(id: number, member: Member): Promise<void> {
    const { healthy_threshold: good = 3, unhealthy_threshold: bad = 5 } = this.#options.record.settings.health_check ?? {}
    Object.assign(member, { checking: true, checkedAt: Date.now() })
    const well = await this.#asks(id)
    member.checking = false
    member.otherwise = well === member.well ? 0 : member.otherwise + 1
    if (member.otherwise < (well ? good : bad)) return
    Object.assign(member, { well, otherwise: 0 })
    this.seen.push(`${well ? 'well' : 'unwell'} ${id}`)
  }

  #asks(id: number): Promise<boolean> {
    const { port = 80, path = '/', response_timeout_seconds: limit = 5 } = this.#options.record.settings.health_check ?? {}
    return new Promise((resolve) => {
      const request = get({ host: this.#options.addressOf(id), port, path, agent: false, timeout: limit * 1000 }, (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      })
      request.on('timeout', () => request.destroy())
      request.on('error', () => resolve(false))
    })
  }

  #wellOnes(): [number, Member][] {
    return [...this.#members].filter(([, { well }]) => well)
  }

  #pass(client: Socket): void {
    const all = this.#wellOnes()
    this.#turn += 1
    const [id, member] = all[this.#turn % Math.max(1, all.length)] ?? []
    if (id === undefined || member === undefined) return void client.destroy()
    this.passed.set(id, (this.passed.get(id) ?? 0) + 1)
    const { port = 80 } = this.#options.record.settings.health_check ?? {}
    const host = connect({ host: this.#options.addressOf(id), port, allowHalfOpen: true, noDelay: true })
    client.setNoDelay(true)
    const connection: Connection = { usedAt: Date.now(), end: () => end() }
    member.open.add(connection)
    const end = () => {
      member.open.delete(connection)
      this.#leaving = this.#leaving.filter((one) => one !== connection)
      client.destroy()
      host.destroy()
    }
    const used = () => {
      connection.usedAt = Date.now()
    }
    for (const socket of [client, host]) socket.on('data', used).on('error', end).on('close', end)
    client.pipe(host)
    host.pipe(client)
  }
}
