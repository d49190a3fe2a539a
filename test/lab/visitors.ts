import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { sleep } from '../../lab/scenarios/under-load.ts'

export interface Row {
  /** Of the body that was sent: what the app keeps. */
  readonly sha256: string
  readonly address: string
}

export interface VisitorsOptions {
  readonly name: string
  /** Where the name leads at this moment, for each visitor. */
  readonly addresses: readonly (() => string)[]
  /** The only authority that they trust. */
  readonly ca: string
}

/** People who write all the time, each at the address that their resolver gives them, and remember what became of it. */
export class Visitors {
  /** What the app said that it has. */
  readonly acknowledged: Row[] = []
  /** Addresses that answered with the maintenance page, once for each answer. */
  readonly closed: string[] = []
  /** Whatever else happened to them. */
  readonly problems: string[] = []
  readonly #options: VisitorsOptions
  #going = true
  readonly #ended: Promise<unknown>

  constructor(options: VisitorsOptions) {
    this.#options = options
    this.#ended = Promise.all(options.addresses.map((address, at) => this.#write(address, at)))
  }

  async stop(): Promise<void> {
    this.#going = false
    await this.#ended
  }

  async #write(addressOf: () => string, at: number): Promise<void> {
    for (let number = 0; this.#going; number += 1) {
      const [body, address] = [`visitor ${at}, row ${number} ${Math.random()}`, addressOf()]
      await this.#post(address, body).then(
        ({ statusCode, headers }) => {
          if (statusCode === 200) this.acknowledged.push({ sha256: createHash('sha256').update(body).digest('hex'), address })
          else if (statusCode === 503 && headers['retry-after'] === '120') this.closed.push(address)
          else this.problems.push(`${address} answered ${statusCode}`)
        },
        (error: Error) => this.problems.push(`${address}: ${error.message}`),
      )
      await sleep(50)
    }
  }

  #post(host: string, body: string): Promise<IncomingMessage> {
    const { name, ca } = this.#options
    const headers = { host: name, 'content-length': Buffer.byteLength(body) }
    return new Promise((resolve, reject) => {
      const asked = request({ host, servername: name, path: '/echo', method: 'POST', headers, ca, agent: false, timeout: 30_000 })
      asked.on('response', (answer) => answer.resume().on('end', () => resolve(answer)))
      asked.on('timeout', () => asked.destroy(new Error('no answer for 30 s')))
      asked.on('error', reject).end(body)
    })
  }
}
