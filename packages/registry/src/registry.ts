import { type ImageAddress, nameOf, pointerOf } from './address.ts'
import { endpointOf } from './endpoint.ts'
import { badResponse, notFound, wrongPlatform } from './failures.ts'
import { type ImageConfig, readImageConfig } from './image-config.ts'
import { digestOf, type Index, MANIFEST_TYPES, type Manifest, readJson, readManifest, suits } from './manifest.ts'
import { type Login, RegistrySession } from './session.ts'
import type { TransportOptions } from './transport.ts'

export interface RegistryLogin extends Login {
  /** As in image names; `docker.io` for Docker Hub. */
  registry: string
}

export interface RegistryOptions extends TransportOptions {
  /** At most one for each registry. */
  logins?: readonly RegistryLogin[]
  /** As dockerd's `insecure-registries`. */
  insecure?: readonly string[]
}

export interface ResolvedImage {
  /** Of what the name points to: of the index where the image is there for several platforms. This is the one to deploy. */
  digest: string
  mediaType: string
  /** Of the image for the platform asked for. */
  manifestDigest: string
  /** All that it is there for, `os/architecture[/variant]`. */
  platforms: string[]
  /** Bytes to download for that platform: the compressed layers. */
  size: number
  config: ImageConfig
}

/** Image registries by the OCI distribution API. */
export interface Registry {
  /**
   * Finds out what an image is, without downloading it.
   *
   * @param options.platform like `linux/amd64`
   * @throws UserError DA-REGISTRY-NOT-FOUND, DA-REGISTRY-AUTH, DA-IMAGE-PLATFORM, DA-REGISTRY-RATE-LIMIT, DA-REGISTRY-RESPONSE, or
   *   DA-REGISTRY-UNREACHABLE (the host may reach what the runner cannot)
   */
  resolve(address: ImageAddress, options: { platform: string }): Promise<ResolvedImage>
}

/** A client for all registries of a run. */
export function createRegistry(options: RegistryOptions): Registry {
  return {
    resolve(address, { platform }) {
      const login = options.logins?.find(({ registry }) => registry === address.registry)
      const endpoint = endpointOf(address.registry, options.insecure ?? [])
      return resolve(address, platform, new RegistrySession(address, { ...options, endpoint, login }))
    },
  }
}

async function resolve(address: ImageAddress, wanted: string, session: RegistrySession): Promise<ResolvedImage> {
  const top = await fetchManifest(session, address, pointerOf(address))
  const image = top.kind === 'index' ? await fetchForPlatform(session, address, top, wanted) : top
  const body = await fetchBlob(session, address, image.config.digest)
  const { platform, config } = readImageConfig(readJson(body, address.registry))
  const platforms = top.kind === 'index' ? top.manifests.map((manifest) => manifest.platform) : [platform]
  if (top.kind === 'manifest' && !suits(platform, wanted)) throw wrongPlatform(address, wanted, platforms)
  return {
    digest: top.digest,
    mediaType: top.mediaType,
    manifestDigest: image.digest,
    platforms,
    size: image.layers.reduce((total, { size }) => total + size, 0),
    config,
  }
}

type Fetched<T> = T & { digest: string; mediaType: string }

async function fetchManifest(
  session: RegistrySession,
  address: ImageAddress,
  pointer: string,
): Promise<Fetched<Index> | Fetched<Manifest>> {
  const { status, headers, body } = await session.get(`manifests/${pointer}`, MANIFEST_TYPES.join(', '))
  if (status === 404) throw notFound(pointer === pointerOf(address) ? address : { ...address, digest: pointer })
  if (status !== 200) throw badResponse(address.registry, `status ${status} for ${nameOf(address)}`)
  const digest = checkedDigest(body, pointer, address)
  const { mediaType = headers.get('content-type')?.split(';')[0] ?? '', ...manifest } = readManifest(body, address.registry)
  return { ...manifest, digest, mediaType }
}

async function fetchForPlatform(session: RegistrySession, address: ImageAddress, index: Index, wanted: string): Promise<Fetched<Manifest>> {
  const entry =
    index.manifests.find(({ platform }) => platform === wanted) ?? index.manifests.find(({ platform }) => suits(platform, wanted))
  if (entry === undefined) {
    throw wrongPlatform(
      address,
      wanted,
      index.manifests.map(({ platform }) => platform),
    )
  }
  const manifest = await fetchManifest(session, address, entry.digest)
  if (manifest.kind === 'manifest') return manifest
  throw badResponse(address.registry, `an index inside the index of ${nameOf(address)}`)
}

async function fetchBlob(session: RegistrySession, address: ImageAddress, digest: string): Promise<Buffer> {
  const { status, body } = await session.get(`blobs/${digest}`, '*/*')
  if (status !== 200) throw badResponse(address.registry, `status ${status} for the config of ${nameOf(address)}`)
  checkedDigest(body, digest, address)
  return body
}

/** The digest of `body`; whoever asked by digest gets exactly that, whatever the registry says. */
function checkedDigest(body: Buffer, pointer: string, address: ImageAddress): string {
  const digest = digestOf(body)
  if (pointer.startsWith('sha256:') && pointer !== digest) throw badResponse(address.registry, `other bytes than those of ${pointer}`)
  return digest
}
