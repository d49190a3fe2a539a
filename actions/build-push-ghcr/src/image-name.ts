import { Mistake, UserError } from '@deploy-actions/kit'
import { type ImageReference, parseImageReference } from '@deploy-actions/release'
import type { WantedImage } from './image-list.ts'

export interface NameSources {
  readonly registry: string
  /** `owner/name`, as GitHub spells it; undefined from a shell without it. */
  readonly repository: string | undefined
}

/**
 * Registry and repository of an image. Registries take lower case only: what comes from the repository's name is put into it, what a person wrote in
 * capitals is refused, because it may be meant otherwise.
 *
 * @throws Mistake that continues the sentence "input `image` …"
 */
export function imageName(
  { image, name, listed, variant }: Pick<WantedImage, 'image' | 'name' | 'listed' | 'variant'>,
  from: NameSources,
): ImageReference {
  // Variants are one image with several tags.
  if (image === undefined) return byDefault(variant === undefined ? name : name.slice(0, -variant.length - 1), listed, from)
  const own = from.repository === undefined ? image : image.replaceAll(from.repository, from.repository.toLowerCase())
  const [, owner] = /^([^/]+)\//.exec(from.repository ?? '') ?? []
  const text = owner === undefined ? own : own.replaceAll(`/${owner}/`, `/${owner.toLowerCase()}/`)
  const path = text.slice(text.indexOf('/') + 1)
  if (path !== path.toLowerCase())
    throw new Mistake(`has capitals in "${text}"`, `Write \`${text.slice(0, text.indexOf('/') + 1)}${path.toLowerCase()}\`.`)
  const reference = parsed(text)
  if (reference.tag !== undefined || reference.digest !== undefined)
    throw new Mistake(`has a tag or digest in "${text}"`, 'Tags stand in `tags`; the name is without.')
  if (reference.registry === 'docker.io' && !/^(?:index\.)?docker\.io\//.test(text)) return { registry: from.registry, repository: text }
  return reference
}

function byDefault(name: string, listed: boolean, { registry, repository }: NameSources): ImageReference {
  if (repository === undefined) throw new Mistake('is required: no repository is known here', 'Give it, or set GITHUB_REPOSITORY.')
  return { registry, repository: `${repository.toLowerCase()}${listed ? `/${name.toLowerCase()}` : ''}` }
}

function parsed(text: string): ImageReference {
  try {
    return parseImageReference(text)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new Mistake(`is wrong: ${error.message}`, error.hint)
  }
}
