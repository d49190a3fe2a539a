import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const digestOf = (bytes: string | Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export interface KeptManifest {
  readonly type: string
  readonly body: Buffer
}

interface Repository {
  readonly manifests: Map<string, KeptManifest>
  readonly tags: Map<string, string>
  readonly blobs: Map<string, Buffer>
}

type Fault = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | 'reset'

/** A registry over http with the rules of the OCI distribution specification: it takes a manifest only when it has all of its parts. */
export class MemoryRegistry {
  readonly #repositories = new Map<string, Repository>()
  /** Like `PUT team/app manifests v1`, in order. */
  readonly asked: string[] = []
  /** Asked first for each request: an answer in place of the real one. */
  fault: (question: string) => Fault | undefined = () => undefined
  /** As distribution before 3.0 and many others: a manifest is only deleted by its digest. */
  deletesTags = true
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response))

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  repository(name: string): Repository {
    const known = this.#repositories.get(name) ?? { manifests: new Map(), tags: new Map(), blobs: new Map() }
    this.#repositories.set(name, known)
    return known
  }

  /** Keeps a manifest, whatever it leads to, and returns its digest. */
  keep(name: string, content: object, tag?: string): string {
    const body = Buffer.from(JSON.stringify(content))
    const digest = digestOf(body)
    const { manifests, tags } = this.repository(name)
    manifests.set(digest, { type: (content as { mediaType?: string }).mediaType ?? '', body })
    if (tag !== undefined) tags.set(tag, digest)
    return digest
  }

  /** Keeps a blob and returns its descriptor. */
  keepBlob(name: string, content: string): { digest: string; size: number } {
    const bytes = Buffer.from(content)
    this.repository(name).blobs.set(digestOf(bytes), bytes)
    return { digest: digestOf(bytes), size: bytes.length }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '', `http://${this.host}`)
    const [, name = '', rest = ''] = /^\/v2\/(.+?)\/((?:manifests|blobs|tags)\/.*)$/.exec(url.pathname) ?? []
    const question = `${request.method} ${name} ${rest.replace('/', ' ')}`
    this.asked.push(question)
    const fault = this.fault(question)
    if (fault === 'reset') return void request.socket.destroy()
    if (fault !== undefined) return void response.writeHead(fault.status, fault.headers).end(fault.body ?? '{}')
    const body = Buffer.concat(chunks)
    if (rest.startsWith('manifests/')) this.#manifest({ request, response, body }, name, rest.slice(10))
    else if (rest.startsWith('tags/')) this.#tags(response, name, url)
    else if (rest.startsWith('blobs/uploads/')) this.#upload(request, response, name, url)
    else this.#blob(response, this.repository(name).blobs.get(rest.slice(6)))
  }

  #blob(response: ServerResponse, blob: Buffer | undefined): void {
    if (blob === undefined) refuse(response, 404, 'BLOB_UNKNOWN')
    else response.writeHead(200).end(blob)
  }

  #manifest(
    { request, response, body }: { request: IncomingMessage; response: ServerResponse; body: Buffer },
    name: string,
    key: string,
  ): void {
    const { manifests, tags, blobs } = this.repository(name)
    const isDigest = key.startsWith('sha256:')
    if (request.method === 'PUT') {
      const missing = partsOf(body).find((part) => !manifests.has(part) && !blobs.has(part))
      if (missing !== undefined) return void refuse(response, 404, 'MANIFEST_BLOB_UNKNOWN')
      const digest = digestOf(body)
      manifests.set(digest, { type: request.headers['content-type'] ?? '', body })
      if (!isDigest) tags.set(key, digest)
      return void response.writeHead(201, { 'docker-content-digest': digest }).end()
    }
    if (request.method === 'DELETE' && !isDigest && !this.deletesTags) return void refuse(response, 405, 'UNSUPPORTED')
    const digest = isDigest ? key : tags.get(key)
    const found = digest === undefined ? undefined : manifests.get(digest)
    if (digest === undefined || found === undefined) return void refuse(response, 404, 'MANIFEST_UNKNOWN')
    if (request.method !== 'DELETE')
      return void response.writeHead(200, { 'content-type': found.type, 'docker-content-digest': digest }).end(found.body)
    if (!isDigest) tags.delete(key)
    else {
      manifests.delete(digest)
      for (const [tag, at] of tags) if (at === digest) tags.delete(tag)
    }
    response.writeHead(202).end()
  }

  /** In pages, as asked for with `n` and `last`. */
  #tags(response: ServerResponse, name: string, url: URL): void {
    const all = [...this.repository(name).tags.keys()].sort()
    const after = all.filter((tag) => tag > (url.searchParams.get('last') ?? ''))
    const page = after.slice(0, Number(url.searchParams.get('n') ?? 100))
    const link = page.length < after.length ? { link: `</v2/${name}/tags/list?last=${page.at(-1)}>; rel="next"` } : {}
    response.writeHead(200, link).end(JSON.stringify({ name, tags: page }))
  }

  #upload(request: IncomingMessage, response: ServerResponse, name: string, url: URL): void {
    const mount = url.searchParams.get('mount')
    const from = url.searchParams.get('from')
    const blob = mount === null || from === null ? undefined : this.repository(from).blobs.get(mount)
    if (blob !== undefined && mount !== null) {
      this.repository(name).blobs.set(mount, blob)
      return void response.writeHead(201).end()
    }
    if (request.method === 'DELETE') return void response.writeHead(204).end()
    response.writeHead(202, { location: `/v2/${name}/blobs/uploads/1` }).end()
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status).end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }))
}

function partsOf(body: Buffer): string[] {
  const {
    manifests = [],
    config,
    layers = [],
  } = JSON.parse(body.toString()) as Record<string, never> & {
    manifests?: { digest: string }[]
    config?: { digest: string }
    layers?: { digest: string }[]
  }
  return [...manifests, ...layers, ...(config === undefined ? [] : [config])].map(({ digest }) => digest)
}
