import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const TYPE = 'application/vnd.oci.image.manifest.v1+json'

/** A registry with one image for linux/amd64, `<host>/acme/web`, over HTTP. */
export interface FakeImage {
  readonly host: string
  readonly digest: string
  /** Deletes the image. */
  remove(): void
  close(): Promise<void>
}

export async function openFakeImage(): Promise<FakeImage> {
  const config = JSON.stringify({ os: 'linux', architecture: 'amd64', config: {} })
  const manifest = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: TYPE, layers: [] },
    config: { digest: digestOf(config), size: config.length },
  })
  const digest = digestOf(manifest)
  const kept = new Map([
    [`/v2/acme/web/manifests/${digest}`, manifest],
    [`/v2/acme/web/blobs/${digestOf(config)}`, config],
  ])
  const server = createServer((request, response) => {
    const body = kept.get(request.url ?? '')
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': TYPE }).end(body ?? '{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    digest,
    remove: () => kept.clear(),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
