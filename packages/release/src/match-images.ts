import { UserError } from '@deploy-actions/kit'
import { formatImageReference, type ImageReference, imageRepository } from './image-reference.ts'
import type { SuppliedImage } from './supplied-images.ts'

export interface ImageMatch {
  reference: ImageReference
  /** For the plan: why this image is the one of that service. */
  reason: 'named by `images`' | 'same repository' | 'same name, the file has no usable image'
}

export interface MatchedImages {
  /** By service name. Services that the release brings no image for are not in it. */
  images: Map<string, ImageMatch>
  /** Names of supplied images that no service uses: worth a warning. */
  unused: string[]
}

export interface MatchRequest {
  supplied: readonly SuppliedImage[]
  /** `image` as in the resolved Compose model; broken ones such as `backend:` still match by repository. */
  services: Readonly<Record<string, { image?: string }>>
}

/**
 * Finds the image for each Compose service: one that `images` names it for, else one of the same repository, else, where the service has no
 * image that can be read (only `build:`, or an unset variable in front), one of the service's name.
 *
 * @throws UserError DA-IMAGES-SERVICE-UNKNOWN when `images` names a service that the file lacks; DA-IMAGES-AMBIGUOUS when several images of
 *   one repository differ and none has the service's name
 */
export function matchImages({ supplied, services }: MatchRequest): MatchedImages {
  refuseUnknownServices(supplied, Object.keys(services))
  const images = new Map<string, ImageMatch>()
  const used = new Set<SuppliedImage>()
  for (const [service, { image }] of Object.entries(services)) {
    const found = imageFor(service, image, supplied)
    if (found === undefined) continue
    images.set(service, { reference: found.from.reference, reason: found.reason })
    used.add(found.from)
  }
  return { images, unused: supplied.filter((image) => !used.has(image)).map(({ name }) => name) }
}

type Found = { from: SuppliedImage; reason: ImageMatch['reason'] }

function imageFor(service: string, image: string | undefined, supplied: readonly SuppliedImage[]): Found | undefined {
  const named = supplied.find(({ by, name }) => by === 'service' && name === service)
  if (named !== undefined) return { from: named, reason: 'named by `images`' }
  const byBuild = supplied.filter(({ by }) => by === 'repository')
  const sameName = byBuild.find(({ name }) => name === service)
  const repository = imageRepository(image ?? '')
  if (repository === undefined) return sameName && { from: sameName, reason: 'same name, the file has no usable image' }
  const candidates = byBuild.filter(({ reference }) => `${reference.registry}/${reference.repository}` === repository)
  const first = candidates[0]
  if (first === undefined) return undefined
  const from = candidates.find(({ name }) => name === service) ?? first
  if (from.name !== service && candidates.some(({ reference }) => reference.digest !== first.reference.digest))
    throw ambiguous(service, candidates)
  return { from, reason: 'same repository' }
}

function ambiguous(service: string, candidates: readonly SuppliedImage[]): UserError {
  const names = candidates.map(({ name }) => name).join(', ')
  const hint = `Of variants, name this environment's in \`variant\`; else the one to use in \`images\`: \`${service}=ref@sha256:…\`.`
  return new UserError(
    'DA-IMAGES-AMBIGUOUS',
    `service "${service}" could use any of the build's images ${names}: they share its repository`,
    { hint },
  )
}

function refuseUnknownServices(supplied: readonly SuppliedImage[], services: readonly string[]): void {
  const unknown = supplied.filter(({ by, name }) => by === 'service' && !services.includes(name))
  if (unknown.length === 0) return
  const list = unknown.map(({ name, reference }) => `"${name}" (${formatImageReference(reference)})`).join(', ')
  const hint = `The Compose file has ${services.length === 0 ? 'no services' : services.join(', ')}.`
  throw new UserError('DA-IMAGES-SERVICE-UNKNOWN', `\`images\` names services that the Compose file does not have: ${list}`, { hint })
}
