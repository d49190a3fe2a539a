import { messageOf, UserError } from '@deploy-actions/kit'
import { parseImageReference } from '@deploy-actions/release'
import { type Refusal, refusal } from './refusal.ts'

/** An image that this release supplies for one service. What the registry told is given where it is known. */
export interface ReleaseImage {
  /** With a digest: `ghcr.io/acme/web@sha256:…`. */
  readonly reference: string
  /** Sum of the layers as they are pulled, bytes. */
  readonly compressedBytes?: number
  /** Whether the image's own configuration has a health check. */
  readonly healthcheck?: boolean
  /** The image's `VOLUME`s. */
  readonly volumes?: readonly string[]
  /** Names of the variables that the image sets. */
  readonly env?: readonly string[]
}

/** The images of a release by service. */
export type ReleaseImages = ReadonlyMap<string, ReleaseImage>

/** What is wrong with the image of one service; undefined when it can be run. `fixed`: only a digest will do. */
export function imageRefusal(service: string, reference: string | undefined, fixed: boolean): Refusal | undefined {
  const supply = `Supply it: \`build\` from build-push-ghcr, or a line \`${service}=ghcr.io/owner/image@sha256:…\` in \`images\`.`
  if (reference === undefined)
    return refusal('DA-IMAGE-MISSING', `service "${service}" has no image: the file only says how to build it`, supply)
  try {
    if (fixed && parseImageReference(reference).digest === undefined) return tagged(service, reference, supply)
  } catch (error) {
    const why = error instanceof UserError ? error.message : messageOf(error)
    return refusal('DA-IMAGE-MISSING', `service "${service}" has no usable image: ${why}`, supply)
  }
  return undefined
}

const tagged = (service: string, reference: string, supply: string): Refusal =>
  refusal(
    'DA-IMAGE-TAG',
    `service "${service}" has the image ${reference}, which is a tag and no digest: it could change between two hosts`,
    supply,
  )
