import type { Place, Remote, Session } from '@deploy-actions/hosts'
import { type SessionRequest, sessionCommand } from './bootstrap.ts'
import { PartsSession } from './parts-session.ts'

/** How the sessions are opened. A run that changes nothing takes no lock: each of its parts has a session of its own, over the same connection. */
export type PartsRequest = Omit<SessionRequest, 'mode' | 'sudo'> & { readonly dryRun: boolean }

/** The hosts of a run whose parts follow each other, each over one connection and under one lock. */
export interface PlacesForParts {
  /** In their order; whoever connects gets the connection that stands, and whoever closes it leaves it open. */
  readonly places: readonly Place[]
  /** Gives the locks back and ends the connections. */
  close(): Promise<void>
}

export function placesForParts(places: readonly Place[], request: PartsRequest): PlacesForParts {
  const hosts = places.map((place) => new HostForParts(place, request))
  return {
    places: hosts.map((host) => host.place),
    close: async () => void (await Promise.all(hosts.map((host) => host.close()))),
  }
}

class HostForParts {
  readonly place: Place
  private readonly origin: Place
  private readonly request: PartsRequest
  private remote: Promise<Remote> | undefined
  private session: PartsSession | undefined

  constructor(origin: Place, request: PartsRequest) {
    this.origin = origin
    this.request = request
    this.place = { name: origin.name, address: origin.address, connect: (log) => this.connect(log) }
  }

  private async connect(log: Parameters<Place['connect']>[0]): Promise<Remote> {
    this.remote ??= this.origin.connect(log)
    const made = this.remote
    try {
      const remote = await made
      return {
        ...{ name: remote.name, sudo: remote.sudo, close: async () => undefined },
        run: (command, options) => remote.run(command, options),
        program: (command, options) => remote.program(command, options),
        session: (command, options) => this.sessionOn(remote, command, options),
      }
    } catch (error) {
      if (this.remote === made) this.remote = undefined
      throw error
    }
  }

  private async sessionOn(remote: Remote, command: string, options: Parameters<Remote['session']>[1]): ReturnType<Remote['session']> {
    if (this.request.dryRun) return this.watch(remote, await remote.session(command, options))
    const next = await this.session?.next()
    if (next !== undefined) return next
    // The first one as a deploy: what an earlier run left prepared is dropped, and what a dead one left is settled, before the first part. A later one as
    // its part asks for it: what is prepared by then is of this run.
    const first = sessionCommand({ ...this.request, mode: 'deploy', sudo: remote.sudo })
    const opened = await remote.session(this.session === undefined ? first : command, options)
    this.session = new PartsSession(this.watch(remote, opened))
    return (await this.session.next()) as Session
  }

  /** A connection that was lost is not the one that the next part gets. */
  private watch<S extends { closed: Promise<{ code: number | null }> }>(remote: Remote, session: S): S {
    void session.closed.then(({ code }) => {
      if (code !== null) return
      void remote.close()
      this.remote = undefined
    })
    return session
  }

  async close(): Promise<void> {
    const remote = await this.remote?.catch(() => undefined)
    if (remote !== undefined) await this.session?.leave()
    await remote?.close()
    this.remote = undefined
  }
}
