import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { LabError } from './shell.ts'

/** Images made by hand: one file on an empty base. No engine is needed, a tag costs milliseconds, and the same input has the same digest. */
export interface SmallImage {
  layer: Layer
  env: Record<string, string>
  entrypoint: string[]
  exposed?: string[]
  architecture?: 'amd64' | 'arm64' | undefined
  labels?: Record<string, string>
}

/** Many tags share one; compressing it is what takes time. */
export interface Layer {
  bytes: Uint8Array
  /** Digest of the layer before compression, as the configuration names it. */
  diffId: string
}

/** An executable file, and links to it under other names. */
export function layerOf(path: string, bytes: Uint8Array, links: readonly string[] = []): Layer {
  const tar = tarOf(path, bytes, links)
  return { bytes: gzipSync(tar), diffId: digestOf(tar) }
}

export interface Registry {
  address: string
  login?: { username: string; password: string }
}

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Publishes the image under the tag and returns the manifest's digest. */
export async function publish(registry: Registry, repository: string, tag: string, image: SmallImage): Promise<string> {
  const layer = image.layer.bytes
  const config = Buffer.from(JSON.stringify(configOf(image)))
  await putBlob(registry, repository, layer)
  await putBlob(registry, repository, config)
  return putManifest(registry, repository, tag, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: types.layer, digest: digestOf(layer), size: layer.length }],
  })
}

/** An image list over manifests that the repository has already: what buildx makes for several platforms. */
export async function publishIndex(registry: Registry, repository: string, tag: string, digests: Record<string, string>): Promise<string> {
  const manifests = []
  for (const [architecture, digest] of Object.entries(digests)) {
    const found = await call(registry, `/v2/${repository}/manifests/${digest}`, { headers: { accept: types.manifest } })
    const size = (await found.arrayBuffer()).byteLength
    manifests.push({ mediaType: types.manifest, digest, size, platform: { os: 'linux', architecture } })
  }
  return putManifest(registry, repository, tag, { schemaVersion: 2, mediaType: types.index, manifests })
}

/** What an image runs, over the layers of another one. */
export interface Command {
  env: Record<string, string>
  entrypoint?: string[]
  command: string[]
  exposed?: string[]
  /** Paths that get a volume without a name where the Compose file gives them none, as in official images. */
  volumes?: string[]
  stopSignal?: string
}

/** Publishes another image on the layers of one that an engine has pushed: no build, and a host that has one has them all. */
export async function publishOnto(
  registry: Registry,
  from: { repository: string; tag: string },
  repository: string,
  tag: string,
  command: Command,
): Promise<string> {
  const accept = 'application/vnd.docker.distribution.manifest.v2+json'
  const found = await call(registry, `/v2/${from.repository}/manifests/${from.tag}`, { headers: { accept } })
  const manifest = (await found.json()) as { config: { digest: string }; layers: { digest: string }[] }
  const base = (await (await call(registry, `/v2/${from.repository}/blobs/${manifest.config.digest}`, {})).json()) as {
    config: { Env?: string[] }
  }
  const set = (all: string[] = []) => Object.fromEntries(all.map((one) => [one, {}]))
  const env = Object.entries(command.env).map(([name, value]) => `${name}=${value}`)
  const config = Buffer.from(
    JSON.stringify({
      ...base,
      config: {
        ...base.config,
        Env: [...(base.config.Env ?? []), ...env],
        Entrypoint: command.entrypoint ?? null,
        Cmd: command.command,
        ExposedPorts: set(command.exposed),
        Volumes: set(command.volumes),
        ...(command.stopSignal && { StopSignal: command.stopSignal }),
      },
    }),
  )
  for (const { digest } of manifest.layers) {
    await call(registry, `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from.repository}`, { method: 'POST' })
  }
  await putBlob(registry, repository, config)
  return putManifest(registry, repository, tag, {
    ...manifest,
    schemaVersion: 2,
    mediaType: accept,
    config: { ...manifest.config, digest: digestOf(config), size: config.length },
  })
}

export async function hasManifest(registry: Registry, repository: string, reference: string): Promise<boolean> {
  const accept = `${types.manifest}, ${types.index}, application/vnd.docker.distribution.manifest.v2+json`
  const url = `/v2/${repository}/manifests/${reference}`
  return call(registry, url, { method: 'HEAD', headers: { accept } }).then(
    () => true,
    () => false,
  )
}

function configOf(image: SmallImage): object {
  const created = '2026-01-01T00:00:00Z'
  return {
    architecture: image.architecture ?? 'amd64',
    os: 'linux',
    created,
    config: {
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', ...Object.entries(image.env).map(([name, value]) => `${name}=${value}`)],
      Entrypoint: image.entrypoint,
      ExposedPorts: Object.fromEntries((image.exposed ?? []).map((port) => [port, {}])),
      Labels: image.labels ?? {},
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [image.layer.diffId] },
    history: [{ created, created_by: 'lab' }],
  }
}

/** A tar archive of one executable file and symbolic links to it (ustar), the same bytes every time. */
function tarOf(path: string, bytes: Uint8Array, links: readonly string[]): Buffer {
  const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512)
  const named = links.map((link) => tarHeader(link, { size: 0, target: path }))
  return Buffer.concat([tarHeader(path, { size: bytes.length }), bytes, padding, ...named, Buffer.alloc(1024)])
}

/** Of a file, or of a link to another path. */
function tarHeader(path: string, { size, target = '' }: { size: number; target?: string }): Buffer {
  const header = Buffer.alloc(512)
  const octal = (value: number, at: number, width: number) => header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at)
  header.write(path.replace(/^\//, ''), 0)
  octal(0o755, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  header.write(`        ${target === '' ? '0' : '2'}`, 148)
  header.write(target, 157)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

async function putBlob(registry: Registry, repository: string, bytes: Uint8Array): Promise<void> {
  const digest = digestOf(bytes)
  const known = await call(registry, `/v2/${repository}/blobs/${digest}`, { method: 'HEAD' }).catch(() => undefined)
  if (known) return
  const begun = await call(registry, `/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  const upload = new URL(begun.headers.get('location') ?? '', `http://${registry.address}`)
  upload.searchParams.set('digest', digest)
  await call(registry, upload.pathname + upload.search, {
    method: 'PUT',
    body: Buffer.from(bytes),
    headers: { 'content-type': 'application/octet-stream' },
  })
}

async function putManifest(
  registry: Registry,
  repository: string,
  tag: string,
  manifest: { mediaType: string; schemaVersion: 2; [field: string]: unknown },
): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(manifest))
  await call(registry, `/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    body: bytes,
    headers: { 'content-type': manifest.mediaType },
  })
  return digestOf(bytes)
}

async function call(registry: Registry, pathAndQuery: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers)
  if (registry.login) {
    const { username, password } = registry.login
    headers.set('authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`)
  }
  const response = await fetch(`http://${registry.address}${pathAndQuery}`, { ...init, headers })
  if (!response.ok)
    throw new LabError(`${init.method ?? 'GET'} ${registry.address}${pathAndQuery}: ${response.status} ${await response.text()}`)
  return response
}
