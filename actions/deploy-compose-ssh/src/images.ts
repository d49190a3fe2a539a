import type { ComposeModel, Refusal, ReleaseImage } from '@deploy-actions/compose'
import { type Log, UserError } from '@deploy-actions/kit'
import type { Registry } from '@deploy-actions/registry'
import { formatImageReference, type ImageReference, matchImages, parseImageReference, type SuppliedImage } from '@deploy-actions/release'

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

/** The images of the release by service, each with a digest and what its registry says of it. Everything that is wrong comes back as refusals. */
export async function resolveImages(request: ImagesRequest): Promise<{ images: Map<string, ReleaseImage>; refusals: Refusal[] }> {
  const { images: matched, unused } = matchImages({ supplied: request.supplied, services: request.model.services })
  if (unused.length > 0) request.log.warning(`no service uses these images of the build: ${unused.join(', ')}`)
  const wanted = new Map([...matched].map(([service, { reference }]) => [service, reference] as const))
  for (const service of request.switched) {
    const image = request.model.services[service]?.image
    if (!wanted.has(service) && image !== undefined) wanted.set(service, parseImageReference(image))
  }
  const images = new Map<string, ReleaseImage>()
  const refusals: Refusal[] = []
  await Promise.all(
    [...wanted].map(async ([service, reference]) => {
      const found = await resolveOne(service, reference, matched.has(service), request)
      if ('code' in found) refusals.push(found)
      else images.set(service, found)
    }),
  )
  // In the order of the services, whichever registry answered first: the same inputs give the same plan.
  const order = [...wanted.keys()]
  return {
    images: new Map(order.flatMap((service) => (images.has(service) ? [[service, images.get(service) as ReleaseImage]] : []))),
    refusals,
  }
}

async function resolveOne(
  service: string,
  reference: ImageReference,
  supplied: boolean,
  request: ImagesRequest,
): Promise<ReleaseImage | Refusal> {
  try {
    const { digest, size, config } = await request.registry.resolve(reference, { platform: request.platform })
    if (supplied && reference.digest === undefined) return tagged(service, reference, digest)
    return {
      reference: pinned(reference, digest),
      compressedBytes: size,
      healthcheck: config.healthcheck !== undefined,
      volumes: config.volumes,
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    if (error.code !== 'DA-REGISTRY-UNREACHABLE')
      return { code: error.code, message: `service "${service}": ${error.message}`, hint: error.hint ?? '' }
    return fromHost(service, reference, error, request)
  }
}

/** The runner cannot reach the registry: a digest is taken at its word, and a tag is resolved by the host. */
async function fromHost(
  service: string,
  reference: ImageReference,
  error: UserError,
  { log, onHost }: ImagesRequest,
): Promise<ReleaseImage | Refusal> {
  log.notice(`${error.message}: the host pulls ${formatImageReference(reference)} without a check of its platform beforehand`)
  if (reference.digest !== undefined) return { reference: pinned(reference, reference.digest) }
  if (onHost === undefined)
    return {
      code: error.code,
      message: `service "${service}": ${error.message}`,
      hint: 'A real run lets the host resolve the tag; a dry run pulls nothing.',
    }
  return { reference: pinned(reference, await onHost(formatImageReference(reference))) }
}

function pinned(reference: ImageReference, digest: string): string {
  const { tag: _tag, ...rest } = reference
  return formatImageReference({ ...rest, digest })
}

function tagged(service: string, reference: ImageReference, digest: string): Refusal {
  return {
    code: 'DA-IMAGE-TAG',
    message: `service "${service}" is given ${formatImageReference(reference)}, which is a tag: what was tested and what is deployed could differ`,
    hint: `Today it means ${pinned(reference, digest)}. Pass the digest that the build printed.`,
  }
}
