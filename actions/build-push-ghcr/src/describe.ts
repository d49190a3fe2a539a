import { UserError } from '@deploy-actions/kit'
import type { ImageStore, Layer, StoredManifest } from '@deploy-actions/registry'
import { suits } from '@deploy-actions/registry'
import type { ImageReference } from '@deploy-actions/release'
import type { Built, Target } from './target.ts'

/** What an image is, read from the registry: the truth, whatever the builder said. */
export interface Described {
  readonly manifest: StoredManifest
  /** Digest of the image for each platform. */
  readonly platforms: ReadonlyMap<string, string>
  readonly attestations: number
  /** Bytes to download for one platform. */
  readonly size: number
  /** Of those, how many the image that had the tag before has too; undefined: there was none. */
  readonly shared: number | undefined
  readonly previousSize: number | undefined
  /** Empty: root. */
  readonly user: string
  readonly hasHealthcheck: boolean
}

/** @param native the platform that is looked at closely, where there is it */
export async function describe(
  { target, digest }: Pick<Built, 'target' | 'digest'>,
  store: ImageStore,
  native: string,
): Promise<Described> {
  const address = { ...target.reference, digest }
  const manifest = await store.manifest(address)
  if (manifest === undefined)
    throw new UserError(
      'DA-REGISTRY-NOT-FOUND',
      `${address.registry}/${address.repository}@${digest} was pushed, and the registry does not have it`,
      {
        hint: 'Does something delete images without a tag there? Then let it keep them for a day.',
      },
    )
  const { platforms, attestations, layers, config } = await look(address, manifest, store, native)
  const previous = await previousLayers(target, store, native)
  const known = new Set(previous?.map((layer) => layer.digest))
  const { User, Healthcheck } = (config.config ?? {}) as { User?: unknown; Healthcheck?: { Test?: string[] } }
  return {
    manifest,
    platforms,
    attestations,
    size: sizeOf(layers),
    shared: previous === undefined ? undefined : sizeOf(layers.filter((layer) => known.has(layer.digest))),
    previousSize: previous === undefined ? undefined : sizeOf(previous),
    user: typeof User === 'string' ? User : '',
    hasHealthcheck: Healthcheck?.Test !== undefined && Healthcheck.Test[0] !== 'NONE',
  }
}

const sizeOf = (layers: readonly Layer[]): number => layers.reduce((total, { size }) => total + size, 0)

interface Looked {
  readonly platforms: Map<string, string>
  readonly attestations: number
  readonly layers: readonly Layer[]
  readonly config: Record<string, unknown>
}

async function look(address: ImageReference, manifest: StoredManifest, store: ImageStore, native: string): Promise<Looked> {
  const { kind, children, config, layers } = store.contents(address, manifest)
  if (kind === 'manifest') {
    const json = config === undefined ? {} : await store.json(address, config)
    const { os = 'linux', architecture = '', variant } = json as { os?: string; architecture?: string; variant?: string }
    const platform = [os, architecture, variant].filter(Boolean).join('/')
    return { platforms: new Map([[platform, manifest.digest]]), attestations: 0, layers, config: json }
  }
  const images = children.filter(({ platform }) => platform !== '')
  const chosen = images.find(({ platform }) => suits(platform, native)) ?? images[0]
  const child = chosen && (await store.manifest({ ...address, digest: chosen.digest }))
  const inside = child === undefined ? undefined : await look({ ...address, digest: child.digest }, child, store, native)
  return {
    platforms: new Map(images.map(({ platform, digest }) => [platform, digest])),
    attestations: children.filter(({ attests }) => attests !== undefined).length,
    layers: inside?.layers ?? [],
    config: inside?.config ?? {},
  }
}

/** Of the image that the first moving tag is on until now. What cannot be read there is no reason to stop. */
async function previousLayers({ reference, tags }: Target, store: ImageStore, native: string): Promise<readonly Layer[] | undefined> {
  const tag = tags.all.find((one) => !one.startsWith('sha-'))
  if (tag === undefined) return undefined
  try {
    const address = { ...reference, tag }
    const manifest = await store.manifest(address)
    return manifest && (await look(address, manifest, store, native)).layers
  } catch {
    return undefined
  }
}
