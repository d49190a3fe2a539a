import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** What goes wrong with a request, instead of its answer or in it. */
export type S3Fault =
  | { readonly status: number; readonly code: string }
  /** The connection breaks in the middle of the answer, or before it when it has no body. */
  | 'cut'
  /** No answer comes. */
  | 'silent'
  /** What is given has one bit changed. */
  | 'changed'
  /** The connection breaks behind what was done: nobody hears that it was. */
  | 'done, not told'

/** Asked at each request; undefined: all is well. */
export type S3Faults = (request: { method: string; key: string; query: URLSearchParams }) => S3Fault | undefined

interface Held {
  readonly bytes: Buffer
  readonly modified: Date
  /** Those that came with it. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * An S3 store over real HTTP on 127.0.0.1, with one bucket `backups`. It is strict: it computes the signature of each request by the published rules, and the checksum
 * of each body, and refuses what does not fit. Parts but the last one have to be of 5 MiB, unless `smallParts`.
 */
export class FakeS3 {
  readonly objects = new Map<string, Held>()
  readonly uploads = new Map<string, { key: string; parts: Map<number, Buffer>; headers: Readonly<Record<string, string>> }>()
  /** `METHOD key?query`, in order. */
  readonly asked: string[] = []
  readonly accessKey = 'AKIAFAKEFAKEFAKE'
  readonly secretKey = 'fake/secret+key0123456789012345678901'
  faults: S3Faults = () => undefined
  /** A list that says that there is more, and not how to ask for it. */
  losesToken = false
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly #region: string
  readonly #smallParts: boolean

  constructor({ region = 'us-east-1', smallParts = true }: { region?: string; smallParts?: boolean } = {}) {
    this.#region = region
    this.#smallParts = smallParts
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** How the sources name it. */
  get place() {
    const { endpoint, accessKey, secretKey } = this
    return { endpoint, region: this.#region, bucket: 'backups', accessKey, secretKey }
  }

  text(key: string): string {
    return this.objects.get(key)?.bytes.toString() ?? ''
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.endpoint)
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'))
    const method = request.method ?? ''
    const body = await bodyOf(request).catch(() => undefined)
    if (body === undefined) return
    this.asked.push(`${method} ${key}${url.search}`)
    const fault = this.faults({ method, key, query: url.searchParams })
    if (fault === 'silent') return
    const wrong = this.#distrust(request, url, body)
    if (wrong !== undefined) return refuse(response, 403, wrong)
    if (fault !== undefined && typeof fault === 'object') return refuse(response, fault.status, fault.code)
    if (url.pathname.split('/')[1] !== 'backups') return refuse(response, 404, 'NoSuchBucket')
    if (fault === 'cut' && method !== 'GET') return void request.socket.destroy()
    const answer = this.#obey({ method, key, query: url.searchParams, body, headers: request.headers })
    if (fault === 'done, not told') return void request.socket.destroy()
    send(response, answer, fault)
  }

  /** Why this request is not to be believed, if so. */
  #distrust(request: IncomingMessage, url: URL, body: Buffer): string | undefined {
    const words =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
    const [, id, day = '', region = '', names = '', signature] = words.exec(request.headers.authorization ?? '') ?? []
    if (id === undefined) return 'AccessDenied'
    if (id !== this.accessKey) return 'InvalidAccessKeyId'
    if (region !== this.#region) return 'AuthorizationHeaderMalformed'
    const signed = names.split(';')
    for (const name of ['host', 'x-amz-content-sha256', 'x-amz-date']) if (!signed.includes(name)) return 'AccessDenied'
    if (Object.keys(request.headers).some((name) => name.startsWith('x-amz-') && !signed.includes(name))) return 'AccessDenied'
    const sum = String(request.headers['x-amz-content-sha256'])
    if (sum !== sha256(body)) return 'XAmzContentSHA256Mismatch'
    const encode = (text: string) =>
      encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort()
    const path = url.pathname.split('/').map((part) => encode(decodeURIComponent(part)))
    const headers = signed.map((name) => `${name}:${String(request.headers[name]).trim()}\n`)
    const canonical = [request.method, path.join('/'), query.join('&'), headers.join(''), names, sum].join('\n')
    const scope = `${day}/${region}/s3/aws4_request`
    const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n')
    const steps = [day, region, 's3', 'aws4_request']
    const signing = steps.reduce<string | Buffer>((of, word) => hmac(of, word), `AWS4${this.secretKey}`)
    return hmac(signing, text).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch'
  }

  #obey({ method, key, query, body, headers }: Question): Answered {
    const uploadId = query.get('uploadId')
    if (method === 'POST' && query.has('uploads')) return this.#begin(key, ofObject(headers))
    if (uploadId !== null) {
      const upload = this.uploads.get(uploadId)
      if (upload === undefined || upload.key !== key) return problem(404, 'NoSuchUpload')
      if (method === 'DELETE') return done(this.uploads.delete(uploadId))
      if (method === 'POST') return this.#complete(uploadId, key, body.toString())
      upload.parts.set(Number(query.get('partNumber')), body)
      return { status: 200, headers: { etag: `"${sha256(body)}"` } }
    }
    if (method === 'PUT') return done(this.#keep(key, body, ofObject(headers)))
    if (method === 'DELETE') return done(this.objects.delete(key))
    if (key === '') return this.#list(query)
    return this.#give(key, headers, query)
  }

  #keep(key: string, bytes: Buffer, headers: Readonly<Record<string, string>>): void {
    this.objects.set(key, { bytes, modified: new Date(), headers })
  }

  #begin(key: string, headers: Readonly<Record<string, string>>): Answered {
    const id = `upload+${this.uploads.size + 1}/${sha256(key).slice(0, 8)}==`
    this.uploads.set(id, { key, parts: new Map(), headers })
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
  }

  #complete(id: string, key: string, body: string): Answered {
    const { parts, headers } = this.uploads.get(id) as { parts: Map<number, Buffer>; headers: Record<string, string> }
    const named = [...body.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>&quot;([0-9a-f]+)&quot;<\/ETag>/g)]
    const bytes = named.map(([, number]) => parts.get(Number(number)))
    if (named.length !== parts.size || bytes.some((part, at) => part === undefined || sha256(part) !== named[at]?.[2]))
      return problem(400, 'InvalidPart')
    if (!this.#smallParts && bytes.slice(0, -1).some((part) => (part?.length ?? 0) < 5 * 1024 * 1024)) return problem(400, 'EntityTooSmall')
    this.#keep(key, Buffer.concat(bytes as Buffer[]), headers)
    this.uploads.delete(id)
    return xml('<CompleteMultipartUploadResult/>')
  }

  /** Three to a page, or fewer. */
  #list(query: URLSearchParams): Answered {
    const prefix = query.get('prefix') ?? ''
    const after = query.get('continuation-token') ?? ''
    const all = [...this.objects].filter(([key]) => key.startsWith(prefix) && key > after).sort(([a], [b]) => (a < b ? -1 : 1))
    const most = Math.min(3, Number(query.get('max-keys') ?? 3))
    const page = all.slice(0, most)
    const rows = page.map(
      ([key, { bytes, modified }]) =>
        `<Contents><Key>${escaped(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>&quot;${sha256(bytes)}&quot;</ETag><Size>${bytes.length}</Size></Contents>`,
    )
    const more = all.length > most
    const next = more && !this.losesToken ? `<NextContinuationToken>${escaped(page.at(-1)?.[0] ?? '')}</NextContinuationToken>` : ''
    return xml(`<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${rows.join('')}</ListBucketResult>`)
  }

  #give(key: string, headers: IncomingMessage['headers'], query: URLSearchParams): Answered {
    const held = this.objects.get(key)
    if (held === undefined) return problem(404, 'NoSuchKey')
    const { bytes } = held
    const encoding = query.get('response-content-encoding')
    const given = { ...held.headers, etag: `"${sha256(bytes)}"`, ...(encoding !== null && { 'content-encoding': encoding }) }
    const { etag } = given
    if (headers['if-match'] !== undefined && headers['if-match'] !== etag) return problem(412, 'PreconditionFailed')
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? Number.NaN)
    if (Number.isNaN(from)) return { status: 200, headers: given, body: bytes }
    return { status: 206, headers: given, body: bytes.subarray(from) }
  }
}

interface Question {
  readonly method: string
  readonly key: string
  readonly query: URLSearchParams
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
}

interface Answered {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: Buffer
}

/** As S3 keeps them with an object; `x-amz-acl` is there to be looked at. */
const ofObject = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => /^(content-(type|disposition|encoding|language)|cache-control|x-amz-meta-.+|x-amz-acl)$/.test(name))
      .map(([name, value]) => [name, String(value)]),
  )

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const done = (_what: unknown): Answered => ({ status: 200 })
const xml = (text: string): Answered => ({ status: 200, body: Buffer.from(text) })
const problem = (status: number, code: string): Answered => ({
  status,
  body: Buffer.from(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>fake &amp; strict</Message></Error>`),
})

function refuse(response: ServerResponse, status: number, code: string): void {
  send(response, problem(status, code))
}

function send(response: ServerResponse, { status, headers = {}, body = Buffer.alloc(0) }: Answered, fault?: S3Fault): void {
  response.writeHead(status, { ...headers, 'content-length': body.length })
  if (fault === 'cut') {
    response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy())
    return
  }
  const given = Buffer.from(body)
  if (fault === 'changed' && given.length > 0) given[given.length - 1] = (given.at(-1) as number) ^ 1
  response.end(given)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
