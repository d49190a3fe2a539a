import { type Platform, platformOf } from './manifest.ts'

/** One manifest of an index. */
export interface Child {
  readonly digest: string
  readonly size: number
  readonly mediaType: string
  /** `os/architecture[/variant]`; empty for what is no image. */
  readonly platform: string
  /** Of an attestation: the digest of the image that it is about. */
  readonly attests: string | undefined
  /** As it stands in the index. */
  readonly descriptor: Readonly<Record<string, unknown>>
}

export interface Layer {
  readonly digest: string
  readonly size: number
}

/** What a manifest or an index is made of. */
export interface Contents {
  readonly kind: 'index' | 'manifest'
  readonly children: readonly Child[]
  /** Of a manifest: its configuration and its layers. */
  readonly blobs: readonly string[]
  readonly config: string | undefined
  readonly layers: readonly Layer[]
  /** The digest that this one is about (OCI 1.1), such as the image that is signed. */
  readonly subject: string | undefined
}

/** Reads any manifest, attestations and signatures too; what has another shape counts as empty. */
export function contentsOf(json: Readonly<Record<string, unknown>>): Contents {
  const subject = digestIn(json.subject)
  if (Array.isArray(json.manifests)) {
    return { kind: 'index', children: json.manifests.flatMap(childOf), blobs: [], config: undefined, layers: [], subject }
  }
  const config = digestIn(json.config)
  const layers = (Array.isArray(json.layers) ? json.layers : []).flatMap((layer) => {
    const digest = digestIn(layer)
    return digest === undefined ? [] : [{ digest, size: sizeIn(layer) }]
  })
  const blobs = [...(config === undefined ? [] : [config]), ...layers.map(({ digest }) => digest)]
  return { kind: 'manifest', children: [], blobs: [...new Set(blobs)], config, layers, subject }
}

function childOf(entry: unknown): Child[] {
  const digest = digestIn(entry)
  if (digest === undefined) return []
  const { platform, annotations, mediaType } = entry as {
    platform?: Platform
    annotations?: Record<string, unknown>
    mediaType?: unknown
  }
  const attests = annotations?.['vnd.docker.reference.digest']
  const known = platform !== undefined && platform !== null && platform.os !== 'unknown'
  return [
    {
      digest,
      size: sizeIn(entry),
      mediaType: typeof mediaType === 'string' ? mediaType : '',
      platform: known ? platformOf(platform) : '',
      attests: typeof attests === 'string' ? attests : undefined,
      descriptor: entry as Record<string, unknown>,
    },
  ]
}

function digestIn(value: unknown): string | undefined {
  const digest = (value as { digest?: unknown } | null | undefined)?.digest
  return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined
}

function sizeIn(value: unknown): number {
  const size = (value as { size?: unknown } | null | undefined)?.size
  return typeof size === 'number' ? size : 0
}
