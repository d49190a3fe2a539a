import type { ComposeModel, Refusal, ReleaseImage } from '@deploy-actions/compose'
import { type Log, UserError } from '@deploy-actions/kit'
import type { Registry } from '@deploy-actions/registry'
import {
  formatImageReference,
  type ImageReference,
  matchImages,
  parseImageReference,
  type SuppliedImage,
  suppliedByBuild,
} from '@deploy-actions/release'
import type { DeployInputs } from './deploy-inputs.ts'

export interface ImagesRequest {
  readonly model: ComposeModel
  readonly supplied: readonly SuppliedImage[]
  /** Services that change at the switch: they need a digest also where the file has a tag. */
  readonly switched: readonly string[]
  /** Of the host, `linux/amd64`. */
  readonly platform: string
  readonly registry: Registry
  readonly log: Log
  /** What the host's own registry access makes of a reference, for a runner that cannot reach the registry; undefined in a dry run. */
  readonly onHost: ((image: string) => Promise<string>) | undefined
}

export interface ImagesFound {
  readonly images: Map<string, ReleaseImage>
  readonly refusals: Refusal[]
}

/** The images of the release by service, each with a digest and what its registry says of it. Everything that is wrong comes back as refusals. */
export async function resolveImages(request: ImagesRequest): Promise<ImagesFound> {
  const { images: matched, unused } = matchImages({ supplied: request.supplied, services: request.model.services })
  if (unused.length > 0) request.log.warning(`no service uses these images of the build: ${unused.join(', ')}`)
  const wanted: Wanted[] = [...matched].map(([service, { reference }]) => ({ service, reference, supplied: true }))
  for (const service of request.switched) {
    const reference = matched.has(service) ? undefined : readable(request.model.services[service]?.image)
    if (reference !== undefined) wanted.push({ service, reference, supplied: false })
  }
  const answers = await Promise.all(wanted.map((one) => fromRegistry(one, request)))
  const images = new Map<string, ReleaseImage>()
  const refusals: Refusal[] = []
  // In the order of the services, whichever registry answered first: the same inputs give the same plan. And the host is asked one after the other.
  for (const [at, one] of wanted.entries()) {
    const answer = answers[at] as ReleaseImage | Refusal | UserError
    const found = answer instanceof UserError ? await fromHost(one, answer, request) : answer
    if ('code' in found) refusals.push(found)
    else images.set(one.service, found)
  }
  return { images, refusals }
}

/** A service whose image cannot be read is refused by the plan, together with everything else. */
function readable(image: string | undefined): ImageReference | undefined {
  try {
    return image === undefined ? undefined : parseImageReference(image)
  } catch {
    return undefined
  }
}

interface Wanted {
  readonly service: string
  readonly reference: ImageReference
  /** By `build` or `images`: only a digest will do. */
  readonly supplied: boolean
}

/** What the registry says; its error when the runner cannot reach it. */
async function fromRegistry(
  { service, reference, supplied }: Wanted,
  { registry, platform }: ImagesRequest,
): Promise<ReleaseImage | Refusal | UserError> {
  try {
    const { digest, size, config } = await registry.resolve(reference, { platform })
    if (supplied && reference.digest === undefined) return tagged(service, reference, digest)
    const known = {
      compressedBytes: size,
      healthcheck: config.healthcheck !== undefined,
      volumes: config.volumes,
      env: config.env.map((one) => one.replace(/=.*/s, '')),
    }
    return { reference: pinned(reference, digest), ...known }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    if (error.code === 'DA-REGISTRY-UNREACHABLE') return error
    return { code: error.code, message: `service "${service}": ${error.message}`, hint: error.hint ?? '' }
  }
}

/** The runner cannot reach the registry: a digest is taken at its word, and a tag of the file is resolved by the host. */
async function fromHost(
  { service, reference, supplied }: Wanted,
  error: UserError,
  { log, onHost }: ImagesRequest,
): Promise<ReleaseImage | Refusal> {
  if (supplied && reference.digest === undefined) return tagged(service, reference)
  log.notice(
    `${error.message}. ${error.hint ?? ''} The host pulls ${formatImageReference(reference)} without a check of its platform beforehand`,
  )
  if (reference.digest !== undefined) return { reference: pinned(reference, reference.digest) }
  if (onHost !== undefined) return { reference: pinned(reference, await onHost(formatImageReference(reference))) }
  const hint = 'A real run lets the host resolve the tag; a dry run pulls nothing.'
  return { code: error.code, message: `service "${service}": ${error.message}`, hint }
}

/** What the inputs bring. @throws UserError DA-BUILD-VARIANT */
export const suppliedOf = ({ build, images, variant }: Pick<DeployInputs, 'build' | 'images' | 'variant'>): SuppliedImage[] =>
  build === undefined ? (images ?? []) : suppliedByBuild(build, variant)

function pinned(reference: ImageReference, digest: string): string {
  const { tag: _tag, ...rest } = reference
  return formatImageReference({ ...rest, digest })
}

function tagged(service: string, reference: ImageReference, digest?: string): Refusal {
  const today = digest === undefined ? '' : `Today it means ${pinned(reference, digest)}. `
  return {
    code: 'DA-IMAGE-TAG',
    message: `service "${service}" is given ${formatImageReference(reference)}, which is a tag: what was tested and what is deployed could differ`,
    hint: `${today}Pass the digest that the build printed.`,
  }
}
