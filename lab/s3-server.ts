import { spawn } from 'node:child_process'
import { createServer } from 'node:net'

/** A bucket as its owner sees it, by requests that have nothing to do with our client. */
export interface Bucket {
  /** Keys, in order. */
  keys(): Promise<string[]>
  bytes(key: string): Promise<Buffer>
  /** The answer to GET. */
  get(key: string): Promise<Response>
  put(key: string, content: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<void>
  remove(key: string): Promise<void>
}

/** A real S3 store (moto) on this machine, for as long as a test runs. */
export interface S3Server extends Pick<Bucket, 'keys' | 'bytes'> {
  /** Inputs by which steps find it, and the bucket for backups there, whose `keys` and `bytes` these are. */
  readonly inputs: Readonly<Record<string, string>>
  /** Another bucket, made when it is not there. */
  bucket(name: string): Promise<Bucket>
  stop(): Promise<void>
}

const BUCKET = 'backups'

/** Needs `moto_server` on the PATH, which .ci/run installs. @param host another address of this machine, such as that of a network of containers */
export async function startS3(host = '127.0.0.1'): Promise<S3Server> {
  const port = await freePort(host)
  const server = spawn('moto_server', ['-H', host, '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  server.stderr.on('data', (piece) => {
    said = `${said}${piece}`.slice(-2000)
  })
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()))
  const endpoint = `http://${host}:${port}`
  const bucket = bucketsAt(endpoint)
  for (let tries = 0; ; tries++) {
    const made = await bucket(BUCKET).catch(() => undefined)
    if (made !== undefined) break
    if (tries === 300 || server.exitCode !== null) throw new Error(`the S3 server does not start: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    inputs: {
      's3-bucket': BUCKET,
      's3-endpoint': endpoint,
      's3-prefix': 'lab',
      's3-access-key': 'lab-key-id',
      's3-secret-key': 'lab-secret-key',
    },
    bucket,
    keys: async () => (await bucket(BUCKET)).keys(),
    bytes: async (key) => (await bucket(BUCKET)).bytes(key),
    async stop() {
      server.kill()
      await ended
    },
  }
}

function bucketsAt(endpoint: string): S3Server['bucket'] {
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${endpoint}/${path}`, { ...init, headers: { ...init.headers, authorization: AUTHORIZATION } })
    if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${path} is ${answer.status}: ${await answer.text()}`)
    return answer
  }
  return async (name) => {
    await ask(name, { method: 'PUT' })
    const at = (key: string) => `${name}/${key.split('/').map(encodeURIComponent).join('/')}`
    const get = (key: string) => ask(at(key))
    return {
      get,
      bytes: async (key) => Buffer.from(await (await get(key)).arrayBuffer()),
      async keys() {
        const xml = await (await ask(`${name}?list-type=2`)).text()
        const plain = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
        return [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => plain(match[1] as string)).sort()
      },
      async put(key, content, headers = {}) {
        await ask(at(key), { method: 'PUT', body: content, headers })
      },
      async remove(key) {
        await ask(at(key), { method: 'DELETE' })
      },
    }
  }
}

/** It looks into nothing but the form. */
const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=lab/20260131/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0'

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
