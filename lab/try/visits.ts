import { Agent, request } from 'node:https'

/** What visitors of a try got. */
export interface Visited {
  readonly sent: number
  readonly lost: number
  /** Why the first ones were lost. */
  readonly reasons: readonly string[]
}

const EVERY_MS = 50
const LIMIT_MS = 10_000

/** Asks the app again and again, each time by a connection of its own, as visitors do who come for the first time. */
export class Visits {
  readonly #address: { readonly port: number; readonly host: string; readonly path: string }
  readonly #ca: string

  /** @param ca certificate of the authority that signed the app's */
  constructor(address: { readonly port: number; readonly host: string; readonly path: string }, ca: string) {
    this.#address = address
    this.#ca = ca
  }

  /** One visit. @returns the status @throws when nobody answers, or by another certificate */
  ask(): Promise<number> {
    const { port, host, path } = this.#address
    const agent = new Agent({ keepAlive: false })
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, servername: host, headers: { host: `${host}:${port}` }, ca: this.#ca, agent }
      const asked = request({ ...options, timeout: LIMIT_MS }, (response) => {
        response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0))
        response.resume()
      })
      asked.on('timeout', () => asked.destroy(new Error(`no answer in ${LIMIT_MS / 1000} s`)))
      asked.on('error', reject).end()
    })
  }

  /** Asks as long as the work goes on. */
  async during(work: () => Promise<void>): Promise<Visited> {
    const open = new Set<Promise<void>>()
    const reasons: string[] = []
    let sent = 0
    const timer = setInterval(() => {
      sent += 1
      const visit = this.#lostBy().then((reason) => {
        if (reason !== undefined) reasons.push(reason)
        open.delete(visit)
      })
      open.add(visit)
    }, EVERY_MS)
    try {
      await work()
    } finally {
      clearInterval(timer)
      await Promise.all(open)
    }
    return { sent, lost: reasons.length, reasons: reasons.slice(0, 3) }
  }

  #lostBy(): Promise<string | undefined> {
    return this.ask().then(
      (status) => (status < 500 ? undefined : `answered with ${status}`),
      (error: Error) => error.message,
    )
  }
}
