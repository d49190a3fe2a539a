import { UserError } from '@deploy-actions/kit'
import { formatImageReference, type ImageReference } from '@deploy-actions/release'
import { type Component, imageOf } from './components.ts'
import { DOCR } from './docr.ts'
import { type JsonObject, textOf } from './json-value.ts'

/**
 * Which image a component has, without its tag or digest: equal for all components that share it. The spec of DOCR does not say which registry of the
 * account it is, so the first part of such a reference does not count.
 */
export function imageKey(image: JsonObject): string {
  const [type, registry, repository] = [textOf(image.registry_type), textOf(image.registry), textOf(image.repository)]
  if (type === 'DOCR') return `${DOCR}/${repository}`
  if (type === 'GHCR') return `ghcr.io/${registry}/${repository}`.toLowerCase()
  return `docker.io/${registry === '' || registry === '_' ? 'library' : registry}/${repository}`
}

/** The same for a reference as people write it; undefined for a registry that the platform does not know. */
export function referenceKey(reference: ImageReference): string | undefined {
  const source = sourceOf(reference)
  return source && imageKey(source)
}

/** A reference in the form of the spec (docs.digitalocean.com, App Spec, `image`): DOCR the bare repository, GHCR and Docker Hub owner and name. */
export function sourceOf({ registry, repository, digest }: ImageReference): JsonObject | undefined {
  const [first = '', ...rest] = repository.split('/')
  const named = { repository: rest.join('/'), ...(digest !== undefined && { digest }) }
  if (registry === DOCR) return rest.length === 0 ? undefined : { registry_type: 'DOCR', ...named }
  if (registry === 'ghcr.io') return { registry_type: 'GHCR', registry: first, ...named }
  return registry === 'docker.io' ? { registry_type: 'DOCKER_HUB', registry: first, ...named } : undefined
}

/** @throws UserError DA-APP-IMAGE where the platform could not pull this */
export function requireSource(reference: ImageReference): JsonObject {
  const source = sourceOf(reference)
  if (source !== undefined && textOf(source.repository) !== '') return source
  const hint = `App Platform pulls from ${DOCR}/<registry>/<repository>, ghcr.io/<owner>/<name> and Docker Hub. Push the image there.`
  throw new UserError('DA-APP-IMAGE', `App Platform cannot pull ${formatImageReference(reference)}`, { hint })
}

/** What is wrong with the form of an image in a spec; undefined when it is right. */
export function wrongForm(component: Component): string | undefined {
  const image = imageOf(component)
  if (image === undefined) return undefined
  const [type, registry, repository] = [textOf(image.registry_type), textOf(image.registry), textOf(image.repository)]
  const where = `${component.name}: `
  if (!['DOCR', 'GHCR', 'DOCKER_HUB'].includes(type)) return `${where}\`registry_type\` has to be DOCR, GHCR or DOCKER_HUB`
  if (repository === '') return `${where}\`repository\` is missing`
  if (/^(registry\.digitalocean\.com|ghcr\.io|docker\.io)\//.test(repository))
    return `${where}\`repository\` is the bare name, without ${repository.slice(0, repository.indexOf('/'))}`
  if (/[:@]/.test(repository)) return `${where}a tag or digest belongs into \`tag\` or \`digest\`, not into \`repository\``
  if (type === 'DOCR' && registry !== '') return `${where}\`registry\` has to be empty for DOCR, \`repository\` alone is the name`
  if (type === 'GHCR' && registry === '') return `${where}\`registry\` has to be the owner at GHCR`
  if (type === 'GHCR' && registry !== registry.toLowerCase()) return `${where}\`registry\` has to be written in lower case`
  if (textOf(image.tag) !== '' && textOf(image.digest) !== '') return `${where}\`tag\` and \`digest\` exclude each other`
  return undefined
}
