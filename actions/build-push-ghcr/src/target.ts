import type { ImageReference } from '@deploy-actions/release'
import type { WantedImage } from './image-list.ts'
import type { Tags } from './tags.ts'

/** An image with everything that is known of it before it is built. */
export interface Target {
  readonly name: string
  /** Registry and repository. */
  readonly reference: ImageReference
  readonly wanted: WantedImage
  readonly tags: Tags
  /** Labels and annotations. */
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
}

/** An image that was built and pushed, without a tag as yet. */
export interface Built {
  readonly target: Target
  readonly digest: string
  /** What buildx wrote of it. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly steps: number
  readonly cached: number
  /** What took longest; milliseconds. */
  readonly slowest: readonly { readonly name: string; readonly ms: number }[]
  /** Milliseconds. */
  readonly ms: number
}

/** `registry/repository`. */
export const refOf = ({ reference }: Pick<Target, 'reference'>): string => `${reference.registry}/${reference.repository}`
