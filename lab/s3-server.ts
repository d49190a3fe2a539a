import { spawn } from 'node:child_process'
import { createServer } from 'node:net'

/** A real S3 store (moto) on this machine, for as long as a test runs. */
export interface S3Server {
  /** Inputs by which steps find it. */
  readonly inputs: Readonly<Record<string, string>>
  /** Keys in the bucket, in order. */
  keys(): Promise<string[]>
  bytes(key: string): Promise<Buffer>
  stop(): Promise<void>
}

const BUCKET = 'backups'

/** Needs `moto_server` on the PATH, which .ci/run installs. */
export async function startS3(): Promise<S3Server> {
  const port = await freePort()
  const server = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  server.stderr.on('data', (piece) => {
    said = `${said}${piece}`.slice(-2000)
  })
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()))
  const endpoint = `http://127.0.0.1:${port}`
  const ask = (path: string, method = 'GET') => fetch(`${endpoint}/${BUCKET}${path}`, { method, headers: { authorization: AUTHORIZATION } })
  for (let tries = 0; ; tries++) {
    const made = await ask('', 'PUT').catch(() => undefined)
    if (made?.ok) break
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
    async keys() {
      const xml = await (await ask('?list-type=2')).text()
      return [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] as string).sort()
    },
    bytes: async (key) => Buffer.from(await (await ask(`/${key}`)).arrayBuffer()),
    async stop() {
      server.kill()
      await ended
    },
  }
}

/** It looks into nothing but the form. */
const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=lab/20260131/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0'

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
