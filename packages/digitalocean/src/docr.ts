import { everyPage } from './every-page.ts'
import { ApiRefusal, badResponse, UnknownResult } from './failures.ts'
import { isObject, type JsonObject, textOf } from './json-value.ts'
import type { Transport } from './transport.ts'

export const DOCR = 'registry.digitalocean.com'

/** A garbage collection: while one runs the registry takes no push. */
export interface GarbageCollection {
  readonly uuid: string
  readonly status: string
  readonly freedBytes: number
}

/** A login that may push, and ends by itself. Only `/v2/registry` describes how long it lasts. @param seconds until then */
export async function docrLogin(transport: Transport, seconds: number): Promise<{ username: string; password: string }> {
  const call = { method: 'GET', path: `/v2/registry/docker-credentials?expiry_seconds=${seconds}&read_write=true` } as const
  const answer = await transport.send(call)
  const auths = isObject(answer) && isObject(answer.auths) ? answer.auths : {}
  const auth = isObject(auths[DOCR]) ? textOf(auths[DOCR].auth) : ''
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? []
  if (username === undefined || password === undefined) throw badResponse(call)
  return { username, password }
}

const ENDS = ['succeeded', 'failed', 'cancelled']

export const isCollecting = ({ status }: GarbageCollection): boolean => !ENDS.includes(status)

/** The garbage collections of one registry of the account. */
export class Garbage {
  readonly registry: string
  readonly #transport: Transport

  constructor(transport: Transport, registry: string) {
    this.#transport = transport
    this.registry = registry
  }

  /** The one that runs now. */
  async active(): Promise<GarbageCollection | undefined> {
    try {
      const found = collectionIn(await this.#transport.send({ method: 'GET', path: this.#path() }))
      return found !== undefined && isCollecting(found) ? found : undefined
    } catch (error) {
      if (error instanceof ApiRefusal && error.status === 404) return undefined
      throw error
    }
  }

  /**
   * Starts one of blobs that no manifest has. The other kinds of the API would take manifests without a tag: the parts of each index, and every image that
   * is deployed by its digest.
   * @returns undefined where it cannot be started now
   */
  async start(): Promise<GarbageCollection | undefined> {
    try {
      return collectionIn(await this.#transport.send({ method: 'POST', path: this.#path(), body: { type: 'unreferenced blobs only' } }))
    } catch (error) {
      if (error instanceof UnknownResult) return this.active()
      if (error instanceof ApiRefusal && (error.status === 409 || error.status === 412)) return undefined
      throw error
    }
  }

  async cancel({ uuid }: GarbageCollection): Promise<void> {
    await this.#transport.send({ method: 'PUT', path: `${this.#path()}/${uuid}`, body: { cancel: true }, lastly: true })
  }

  async find(uuid: string): Promise<GarbageCollection | undefined> {
    const all = await everyPage(this.#transport, `${this.#path()}s`, 'garbage_collections')
    return all.map(readCollection).find((one) => one.uuid === uuid)
  }

  #path(): string {
    return `/v2/registry/${encodeURIComponent(this.registry)}/garbage-collection`
  }
}

const collectionIn = (answer: unknown): GarbageCollection | undefined =>
  isObject(answer) && isObject(answer.garbage_collection) ? readCollection(answer.garbage_collection) : undefined

const readCollection = ({ uuid, status, freed_bytes: freed }: JsonObject): GarbageCollection => ({
  ...{ uuid: textOf(uuid), status: textOf(status), freedBytes: typeof freed === 'number' ? freed : 0 },
})
