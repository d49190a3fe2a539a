import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** A registry with one small image. @returns its reference by digest */
export async function startRegistry(): Promise<{ image: string; close: () => void }> {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [] } })
  const type = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [],
  })
  const server = createServer(({ url = '' }, answer) => {
    if (url.includes('/manifests/')) answer.setHeader('Content-Type', type).setHeader('Docker-Content-Digest', digestOf(manifest))
    answer.end(url.includes('/manifests/') ? manifest : url.includes('/blobs/') ? config : '{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { image: `127.0.0.1:${port}/sample/web@${digestOf(manifest)}`, close: () => void server.close() }
}
