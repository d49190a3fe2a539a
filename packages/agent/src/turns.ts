import type { Balancer } from '@deploy-actions/hosts'
import { type Clock, messageOf, UserError } from '@deploy-actions/kit'
import { onEach } from './host-failures.ts'
import type { OpenHost } from './open-hosts.ts'

export interface TurnsRequest {
  readonly balancer: Balancer
  /** All hosts of the run: those that change nothing are asked as well whether they are well. */
  readonly hosts: readonly OpenHost[]
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** A host that has made a release final and waits with what it has to make anew. */
export interface Waiting {
  readonly host: OpenHost
  /** Of those services the ones that requests may need; without any it need not be taken out. */
  readonly services: readonly string[]
}

/** Takes hosts out of their balancer, one after the other, while they make services anew. */
export class Turns {
  readonly #request: TurnsRequest
  /** Hosts that an earlier turn has left outside, because what it made anew is not well. */
  readonly #out = new Set<string>()

  constructor(request: TurnsRequest) {
    this.#request = request
  }

  /** What a dead run left: hosts that are out are put back, and those that it did not come to have their turn. */
  async begin(): Promise<void> {
    const { hosts, balancer } = this.#request
    for (const { out, agent, log } of hosts) {
      if (out === undefined) continue
      log.info(`an earlier run took this host out of the balancer ${out.balancer}; it is put back`)
      await balancer.putBack(out)
      await agent.ask('returned', 'returned')
    }
    const left = hosts.filter(({ unfinished }) => unfinished === true)
    if (left.length === 0) return
    const waiting = await onEach(left, async (host) => ({ host, name: host.name, services: await host.agent.finishInTurn() }))
    const failures = await this.take(waiting)
    for (const { host } of waiting) {
      const failure = failures.get(host)
      if (failure !== undefined && !this.#out.has(host.name)) throw failure
      if (failure !== undefined) host.log.warning(messageOf(failure))
      await host.agent.ask('over', 'finished')
    }
  }

  /** Before anything is touched: could each of these hosts be taken out? @throws UserError DA-BALANCER-LAST */
  async foresee(hosts: readonly OpenHost[]): Promise<void> {
    for (const host of hosts) await this.#requireOther(host)
  }

  /**
   * Each host makes its services anew: one after the other those that have to be taken out for it, the rest at once. After the first that goes wrong none
   * follows; what it has waits for the next run.
   * @returns what went wrong, by host
   */
  async take(waiting: readonly Waiting[]): Promise<ReadonlyMap<OpenHost, unknown>> {
    const failures = new Map<OpenHost, unknown>()
    const attempt = async (host: OpenHost, work: () => Promise<void>) => {
      try {
        await work()
      } catch (error) {
        failures.set(host, error)
      }
    }
    const [inTurn, inPlace] = [
      waiting.filter(({ services }) => services.length > 0),
      waiting.filter(({ services }) => services.length === 0),
    ]
    await Promise.all(inPlace.map(({ host }) => attempt(host, () => makeAnew(host))))
    for (const one of inTurn) {
      if (failures.size === 0) await attempt(one.host, () => this.#turn(one))
      else if (!failures.has(one.host)) failures.set(one.host, notReached(one, [...failures.keys()]))
    }
    return failures
  }

  async #turn({ host, services }: Waiting): Promise<void> {
    const { balancer, clock, signal } = this.#request
    const droplet = balancer.dropletAt(host.place.address)
    if (!(await balancer.members()).includes(droplet) && !this.#out.has(host.name)) {
      host.log.info(`it is not behind ${balancer.name}, so ${services.join(', ')} is made anew without taking it out`)
      return makeAnew(host)
    }
    await this.#requireOther(host)
    host.log.info(`taking it out of ${balancer.name} while ${services.join(', ')} is made anew`)
    await this.#stepAside(host, droplet)
    let removed = false
    try {
      await clock.sleep(balancer.noticesBadMs, signal)
      await host.agent.ask('drain', 'drained-aside')
      removed = true
      // It has noticed by itself that the host is not well, so nobody is sent there whatever becomes of this.
      await balancer.change('remove', droplet).catch((error: unknown) => host.log.warning(messageOf(error)))
      await makeAnew(host).catch((error: unknown) => {
        if (!(error instanceof NotWell)) throw error
        removed = false
        this.#out.add(host.name)
        throw staysOut(error, host, balancer)
      })
      await host.agent.ask('back', 'back')
    } finally {
      // Where the host went away meanwhile this is right as well: its health check says whether anybody is sent there.
      if (removed) await balancer.change('add', droplet)
    }
    await host.agent.ask('returned', 'returned')
    this.#out.delete(host.name)
    host.log.info(`it is behind ${balancer.name} again`)
    await clock.sleep(balancer.noticesGoodMs, signal)
  }

  async #stepAside(host: OpenHost, droplet: number): Promise<void> {
    const { id, name, check } = this.#request.balancer
    const status = await host.agent.stepAside({ balancer: id, droplet }, check.port, check.path)
    if (status === 503) return
    await host.agent.ask('back', 'back')
    await host.agent.ask('returned', 'returned')
    const said = status === undefined ? 'nothing' : `${status}`
    throw new UserError(
      'DA-BALANCER-HEALTH',
      `${host.name} cannot tell ${name} that it is taken out: its health check at port ${check.port}, ${check.path}, is answered with ${said} and not with 503`,
      {
        hint: 'The health check has to ask a port that the edge publishes; a proxy of your own in front of it has to pass that path on.',
      },
    )
  }

  /** Never the last one: somebody else has to answer meanwhile. */
  async #requireOther(host: OpenHost): Promise<void> {
    const { balancer, hosts } = this.#request
    const members = await balancer.members()
    const others = hosts.filter((other) => other.name !== host.name && members.includes(balancer.dropletAt(other.place.address)))
    const { port, path } = balancer.check
    const told: string[] = []
    for (const other of others) {
      const status = await other.agent.healthAt(port, path).catch(() => undefined)
      if (status !== undefined && status >= 200 && status < 400) return
      told.push(`${other.name} answers ${path} at port ${port} with ${status ?? 'nothing'}`)
    }
    const why = others.length === 0 ? 'no other host of this run is behind it' : told.join('; ')
    throw new UserError('DA-BALANCER-LAST', `${host.name} is not taken out of ${balancer.name}, because nobody would be left: ${why}`, {
      hint: 'Deploy to all hosts of the balancer in one run, and mend the others first. Without `take-out-of` services are made anew in place.',
    })
  }
}

/** What the host made anew is not well. */
class NotWell extends UserError {
  constructor({ code, message, hint }: UserError) {
    super(code, message, { ...(hint !== undefined && { hint }) })
  }
}

async function makeAnew({ agent }: OpenHost): Promise<void> {
  if (!(await agent.baseInTurn())) throw new NotWell(agent.lastFailure ?? new UserError('DA-BASE-START', 'a service does not start'))
}

function staysOut({ code, message, hint = '' }: UserError, { name }: OpenHost, balancer: Balancer): UserError {
  return new UserError(code, `${name}: ${message}. It stays out of ${balancer.name}, and no further host is touched`, {
    hint: `${hint} The other hosts serve with what they had. The next deploy puts this one back first.`.trim(),
  })
}

const notReached = ({ host, services }: Waiting, failed: readonly OpenHost[]): UserError =>
  new UserError(
    'DA-BALANCER-UNFINISHED',
    `${host.name}: ${services.join(', ')} is as before, because of what went wrong on ${failed.map(({ name }) => name).join(', ')}`,
    {
      hint: 'The next deploy with `take-out-of` goes on there.',
    },
  )
