import { UserError } from '@deploy-actions/kit'
import { type BuildRecord, variantOf } from './build-record.ts'
import { formatImageReference, type ImageReference, parseImageReference } from './image-reference.ts'

/** An image that this release brings, and how it finds its service. */
export interface SuppliedImage {
  /** `service`: meant for the Compose service of this name and no other; `repository`: for every service whose image has the same repository. */
  by: 'service' | 'repository'
  /** The service, or the image's name in the build record. */
  name: string
  /** Has a digest, a tag, or both; a reference without either is given the tag `latest`, as Docker does. */
  reference: ImageReference
}

/**
 * Reads the input `images`: lines `service=ref@sha256:…`. A tag is kept as a tag; the caller resolves or refuses it.
 *
 * @throws UserError DA-IMAGES-INVALID listing every wrong line
 */
export function parseSuppliedImages(lines: readonly string[]): SuppliedImage[] {
  const supplied = new Map<string, SuppliedImage>()
  const problems: string[] = []
  for (const line of lines) {
    try {
      const image = parseLine(line)
      if (supplied.has(image.name)) problems.push(`service "${image.name}" is named twice`)
      supplied.set(image.name, image)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      problems.push(error.message)
    }
  }
  if (problems.length === 0) return [...supplied.values()]
  throw invalid(problems.join('; '))
}

/**
 * The images of a build record: each is meant for the services that use its repository.
 * @param variant which one where an image was built several times; undefined: none is chosen, and `matchImages` refuses to guess
 * @throws UserError DA-BUILD-VARIANT
 */
export function suppliedByBuild(build: BuildRecord, variant?: string): SuppliedImage[] {
  return Object.entries((variant === undefined ? build : variantOf(build, variant)).images).map(([name, { ref, digest }]) => ({
    by: 'repository',
    name,
    reference: { ...parseImageReference(ref), digest },
  }))
}

function parseLine(line: string): SuppliedImage {
  const [, name, text = ''] = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? []
  if (name === undefined) throw invalid(`"${line}" is not \`service=image\``)
  if (text === '') throw invalid(`service "${name}" has no image after \`=\`: is the output it comes from empty?`)
  const reference = parseImageReference(text)
  const bare = reference.tag === undefined && reference.digest === undefined
  return { by: 'service', name, reference: bare ? { ...reference, tag: 'latest' } : reference }
}

function invalid(problems: string): UserError {
  const hint = `Write one line for each service, like \`web=${formatImageReference({ registry: 'ghcr.io', repository: 'owner/app' })}@sha256:…\`.`
  return new UserError('DA-IMAGES-INVALID', problems, { hint })
}
