import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** DigitalOcean's registry with an image of every commit that was asked for. */
export interface Images {
  readonly url: string
  /** A module that sends what a program wants of the registry here, for NODE_OPTIONS. */
  readonly inPlaceOfRegistry: string
  digestOf(commit: string): string
  close(): Promise<void>
}

const TYPE = 'application/vnd.oci.image.manifest.v1+json'
const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

export async function openImages(): Promise<Images> {
  const kept = new Map<string, string>()
  const digestOf = (commit: string): string => {
    const config = JSON.stringify({ os: 'linux', architecture: 'amd64', config: { Labels: { commit } } })
    const size = config.length
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: TYPE, layers: [], config: { digest: sha256(config), size } })
    kept.set(sha256(config), config)
    kept.set(sha256(manifest), manifest)
    return sha256(manifest)
  }
  const server = createServer(({ url = '' }, response) => {
    const last = url.split('/').at(-1) ?? ''
    const body = url.startsWith('/digest/') ? digestOf(last) : kept.get(last)
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': TYPE }).end(body ?? '{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = mkdtempSync(path.join(tmpdir(), 'lab-images-'))
  const inPlaceOfRegistry = path.join(folder, 'fetch.cjs')
  const replaced = `String(address).replace('https://registry.digitalocean.com', '${url}')`
  writeFileSync(inPlaceOfRegistry, `const { fetch } = globalThis\nglobalThis.fetch = (address, options) => fetch(${replaced}, options)\n`)
  return {
    ...{ url, inPlaceOfRegistry, digestOf },
    async close() {
      rmSync(folder, { recursive: true })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
