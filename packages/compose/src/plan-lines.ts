import { type ComposeModel, serviceOf } from './compose-model.ts'
import { imageRefusal, type ReleaseImages } from './release-image.ts'
import type { CurrentRelease } from './release-request.ts'
import type { Strategies } from './strategies.ts'

/** A row of the plan, in the words that a person reads. */
export interface PlanLine {
  readonly service: string
  readonly strategy: string
  readonly reason: string
  /** `1a2b3c4 → 5d6e7f8`, `same`, `new`, `needs an image`. */
  readonly image: string
  /** Empty when the service is not away. */
  readonly downtime: string
}

/** The table of the plan: a line per service, in the model's order. */
export function planLines(
  model: ComposeModel,
  strategies: Strategies,
  images: ReleaseImages,
  current: CurrentRelease | undefined,
): PlanLine[] {
  return [...strategies.byService].map(([service, { kind, reason, downtime }]) => ({
    service,
    strategy: kind,
    reason,
    image: imageChange(service, serviceOf(model, service).image, images, current?.images[service]),
    downtime: downtime ?? '',
  }))
}

function imageChange(service: string, image: string | undefined, images: ReleaseImages, live: string | undefined): string {
  if (image === undefined || imageRefusal(service, image, images.has(service)) !== undefined) return 'needs an image'
  if (live === undefined) return `new: ${short(image)}`
  return live === image ? `same: ${short(image)}` : `${short(live)} → ${short(image)}`
}

/** Seven digits of a digest; a tag as it is. */
const short = (image: string): string => /@sha256:([0-9a-f]{7})/.exec(image)?.[1] ?? image
