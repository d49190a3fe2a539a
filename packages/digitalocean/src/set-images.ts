import { UserError } from '@deploy-actions/kit'
import { formatImageReference, type SuppliedImage } from '@deploy-actions/release'
import { type Component, componentNamed, componentsOf, deploysOnPush, imageOf, SOURCES } from './components.ts'
import { imageKey, referenceKey, requireSource, wrongForm } from './image-source.ts'
import { type Json, type JsonObject, sameJson, textOf } from './json-value.ts'

export interface ImagesRequest {
  readonly supplied: readonly SuppliedImage[]
  /** `user:token` for GHCR and Docker Hub; null: the images are public; undefined: nobody said. */
  readonly credentials: string | null | undefined
  readonly deployOnPush: 'refuse' | 'off' | 'allow'
}

/** A component and the image that this release has for it. */
export interface Assigned {
  readonly component: string
  readonly digest: string
}

/**
 * Puts the release's digests into a spec (which is changed): into the components that `images` names, and into all that share a repository with one of
 * them or with an image of the build. A tag goes, because both together are refused.
 *
 * @throws UserError DA-IMAGE-TAG, DA-APP-COMPONENT-UNKNOWN, DA-APP-IMAGE, DA-IMAGES-AMBIGUOUS, DA-APP-REGISTRY-CREDENTIALS, DA-APP-DEPLOY-ON-PUSH
 */
export function setImages(spec: JsonObject, request: ImagesRequest): { assigned: Assigned[]; unused: string[] } {
  refuseTags(request.supplied)
  refuseUnknown(request.supplied, spec)
  // All are found before any is changed: who shares what counts as it was.
  const found = componentsOf(spec).flatMap((component) => {
    const image = imageFor(component, spec, request.supplied)
    return image === undefined ? [] : [{ component, image }]
  })
  for (const { component, image } of found) setImage(component, image, request.credentials)
  const assigned = found.map(({ component, image }) => ({ component: component.name, digest: textOf(image.reference.digest) }))
  const released = found.map(({ component }) => component)
  settlePushes(released, request.deployOnPush)
  const wrong = componentsOf(spec).flatMap((component) => wrongForm(component) ?? [])
  if (wrong.length > 0) {
    const hint = 'DOCR: `repository: app`. GHCR: `registry: owner`, `repository: app`. Correct it in the spec.'
    throw new UserError('DA-APP-IMAGE', `images of the spec are written wrong: ${wrong.join('; ')}`, { hint })
  }
  return { assigned, unused: request.supplied.filter((one) => !found.some(({ image }) => image === one)).map(({ name }) => name) }
}

function imageFor(component: Component, spec: JsonObject, supplied: readonly SuppliedImage[]): SuppliedImage | undefined {
  const named = supplied.find(({ by, name }) => by === 'service' && name === component.name)
  if (named !== undefined) return named
  const image = imageOf(component)
  if (image === undefined) return undefined
  const key = imageKey(image)
  const sharing = supplied.filter((one) => referenceKey(one.reference) === key || sharedKey(one, spec) === key)
  const [first] = sharing
  if (first === undefined || sharing.every(({ reference }) => reference.digest === first.reference.digest)) return first
  const names = sharing.map(({ name }) => name).join(', ')
  throw new UserError(
    'DA-IMAGES-AMBIGUOUS',
    `component "${component.name}" could use any of the images ${names}: they share its repository`,
    {
      hint: `Name the one to use in \`images\`: \`${component.name}=ref@sha256:…\`.`,
    },
  )
}

/** The repository that a named component had so far: others that share it go along to a new one. */
function sharedKey({ by, name }: SuppliedImage, spec: JsonObject): string | undefined {
  const component = by === 'service' ? componentNamed(spec, name) : undefined
  const image = component && imageOf(component)
  return image && imageKey(image)
}

/** The image takes the place of whatever the code came from; of an image of the same repository everything else stays. */
function setImage({ name, spec }: Component, { reference }: SuppliedImage, credentials: ImagesRequest['credentials']): void {
  const source = requireSource(reference)
  const before = spec.image as JsonObject | undefined
  const same = before !== undefined && imageKey(before) === imageKey(source)
  const login = loginFor(before, source, credentials, name)
  for (const one of SOURCES) if (one !== 'image') delete spec[one]
  const { tag: _tag, digest: _digest, ...rest } = same ? before : ({} as JsonObject)
  const whole: JsonObject = { ...rest, ...(same ? {} : source), digest: source.digest as Json, ...login }
  if (!sameJson(before, whole)) spec.image = whole
}

/** A login that is given; else the one that is there stays where registry and owner stay. A private registry that is new needs one. */
function loginFor(
  before: JsonObject | undefined,
  source: JsonObject,
  credentials: ImagesRequest['credentials'],
  component: string,
): { registry_credentials?: string } {
  const type = textOf(source.registry_type)
  if (type === 'DOCR') return {}
  const sameOwner =
    before !== undefined && before.registry_type === type && textOf(before.registry).toLowerCase() === textOf(source.registry).toLowerCase()
  if (typeof credentials === 'string') return { registry_credentials: credentials }
  const there = sameOwner ? textOf(before.registry_credentials) : ''
  if (there !== '') return { registry_credentials: there }
  if (credentials === null || sameOwner) return {}
  const hint =
    'Give `registry-credentials` as `user:token` with a token that lasts (at GHCR a classic one with `read:packages`), or `none` if the image is public.'
  throw new UserError(
    'DA-APP-REGISTRY-CREDENTIALS',
    `component "${component}" gets an image of another registry, and has no login for it`,
    { hint },
  )
}

function settlePushes(components: readonly Component[], choice: ImagesRequest['deployOnPush']): void {
  const pushing = components.filter(deploysOnPush)
  if (pushing.length === 0) return
  if (choice === 'refuse') {
    const hint =
      'Set `deploy-on-push: off`: this run then switches it off. With `allow` it stays, and a pushed tag goes past every check of yours.'
    const names = pushing.map(({ name }) => name).join(', ')
    throw new UserError('DA-APP-DEPLOY-ON-PUSH', `${names}: the platform deploys every pushed tag by itself (\`deploy_on_push\`)`, { hint })
  }
  if (choice === 'off') for (const component of pushing) delete (component.spec.image as JsonObject).deploy_on_push
}

function refuseTags(supplied: readonly SuppliedImage[]): void {
  const tagged = supplied.filter(({ reference }) => reference.digest === undefined)
  if (tagged.length === 0) return
  const told = tagged.map(({ name, reference }) => `"${name}" is given ${formatImageReference(reference)}`).join(', ')
  throw new UserError('DA-IMAGE-TAG', `component ${told}, which is a tag: what was tested and what is deployed could differ`, {
    hint: 'Pass the digest that the build printed.',
  })
}

function refuseUnknown(supplied: readonly SuppliedImage[], spec: JsonObject): void {
  const unknown = supplied.filter(({ by, name }) => by === 'service' && componentNamed(spec, name) === undefined)
  if (unknown.length === 0) return
  const hint = `The spec has ${
    componentsOf(spec)
      .map(({ name }) => name)
      .join(', ') || 'no components'
  }.`
  const names = unknown.map(({ name }) => `"${name}"`).join(', ')
  throw new UserError('DA-APP-COMPONENT-UNKNOWN', `the app has no component ${names}`, { hint })
}
