import { createHash } from 'node:crypto'
import { badResponse } from './failures.ts'

/** Everything that a registry may answer for an image of today; schema 1 of Docker is not among them. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

export interface Descriptor {
  digest: string
  size: number
}

export interface Index {
  kind: 'index'
  /** Manifests of images; attestations are left out. `platform` is `os/architecture[/variant]`. */
  manifests: { digest: string; platform: string }[]
}

export interface Manifest {
  kind: 'manifest'
  config: Descriptor
  layers: Descriptor[]
}

/** `sha256:…` of what a registry sent. */
export const digestOf = (body: Buffer): string => `sha256:${createHash('sha256').update(body).digest('hex')}`

/** @throws UserError DA-REGISTRY-RESPONSE */
export function readManifest(body: Buffer, registry: string): (Index | Manifest) & { mediaType: string | undefined } {
  const json = readJson(body, registry)
  const mediaType = typeof json.mediaType === 'string' ? json.mediaType : undefined
  if (Array.isArray(json.manifests)) {
    return {
      kind: 'index',
      mediaType,
      manifests: json.manifests.filter(isImage).map(({ digest, platform }) => ({ digest, platform: platformOf(platform) })),
    }
  }
  if (isDescriptor(json.config) && Array.isArray(json.layers) && json.layers.every(isDescriptor)) {
    return { kind: 'manifest', mediaType, config: json.config, layers: json.layers }
  }
  throw badResponse(
    registry,
    json.schemaVersion === 1 ? 'a manifest of schema 1, which is too old' : 'a manifest that is neither an image nor an index',
  )
}

/** @throws UserError DA-REGISTRY-RESPONSE */
export function readJson(body: Buffer, registry: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'))
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>
  } catch {
    // told below
  }
  throw badResponse(registry, 'text that is not JSON')
}

export interface Platform {
  os?: unknown
  architecture?: unknown
  variant?: unknown
}

export function platformOf({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => typeof part === 'string' && part !== '').join('/')
}

/** Whether an image for `there` runs where `wanted` is asked for. `arm64` and `arm64/v8` are the same; without a variant any will do. */
export function suits(there: string, wanted: string): boolean {
  const [os, architecture, variant] = plain(there)
  const [wantedOs, wantedArchitecture, wantedVariant] = plain(wanted)
  return os === wantedOs && architecture === wantedArchitecture && (wantedVariant === undefined || variant === wantedVariant)
}

const plain = (platform: string): string[] => platform.replace(/\/arm64\/v8$/, '/arm64').split('/')

function isDescriptor(value: unknown): value is Descriptor {
  const { digest, size } = (value ?? {}) as Partial<Descriptor>
  return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) && typeof size === 'number'
}

function isImage(value: unknown): value is { digest: string; platform: Platform } {
  const { platform } = (value ?? {}) as { platform?: Platform }
  return isDescriptor(value) && platform !== undefined && platform !== null && platform.os !== 'unknown'
}
