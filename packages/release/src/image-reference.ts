import { UserError } from '@deploy-actions/kit'

/** A container image by name, in full: `backend` is `docker.io` and `library/backend`. */
export interface ImageReference {
  /** Host with port where it has one, such as `ghcr.io` or `10.0.0.1:5000`. Docker Hub is always `docker.io`. */
  registry: string
  /** Path in the registry, without tag and digest. */
  repository: string
  tag?: string
  /** `sha256:` and 64 hex digits. */
  digest?: string
}

const REGISTRY = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * Reads an image reference by the rules of Docker. Without a registry it is Docker Hub's; a tag is not invented.
 *
 * @throws UserError DA-IMAGE-REFERENCE naming the reference and the part that is wrong
 */
export function parseImageReference(text: string): ImageReference {
  const parts = splitReference(text)
  const name = normaliseName(parts.name)
  if (name === undefined)
    throw wrongReference(text, `"${parts.name}" is not an image name: lower-case letters, digits, \`.\`, \`_\`, \`-\` and \`/\``)
  if (parts.tag !== undefined && !TAG.test(parts.tag)) throw wrongReference(text, wrongTag(parts.tag))
  if (parts.digest !== undefined && !DIGEST.test(parts.digest)) throw wrongReference(text, 'its digest is not `sha256:` and 64 hex digits')
  return {
    ...name,
    ...(parts.tag === undefined ? {} : { tag: parts.tag }),
    ...(parts.digest === undefined ? {} : { digest: parts.digest }),
  }
}

/**
 * The registry and repository of a reference, written in full, also for the broken ones that an unset variable leaves behind: `backend:`,
 * `backend@` and `backend:sha256:…`. Two references are of the same image when this is equal.
 *
 * @returns undefined where not even the name can be read, such as `/backend` or an empty text
 */
export function imageRepository(reference: string): string | undefined {
  const name = normaliseName(splitReference(reference).name)
  return name && `${name.registry}/${name.repository}`
}

/** Writes a reference in full: `docker.io/library/backend:1@sha256:…`. */
export function formatImageReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** The digest with which a reference, or a line that has one, ends. */
export const digestAtEnd = (text: string): string | undefined => /sha256:[0-9a-f]{64}$/.exec(text)?.[0]

function splitReference(text: string): { name: string; tag?: string; digest?: string } {
  const [beforeDigest = '', ...afterAt] = text.split('@')
  const digest = afterAt.length > 0 ? { digest: afterAt.join('@') } : {}
  // A colon before the last slash belongs to the registry's port.
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1)
  if (colon === -1) return { name: beforeDigest, ...digest }
  return { name: beforeDigest.slice(0, colon), tag: beforeDigest.slice(colon + 1), ...digest }
}

function normaliseName(name: string): { registry: string; repository: string } | undefined {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  // As Docker decides it: the first part is a host if it could not be a folder on Docker Hub.
  const isHost = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  const host = isHost ? first : 'docker.io'
  const path = isHost ? name.slice(slash + 1) : name
  if (!REGISTRY.test(host) || !REPOSITORY.test(path)) return undefined
  const registry = host === 'index.docker.io' ? 'docker.io' : host
  return { registry, repository: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path }
}

function wrongTag(tag: string): string {
  if (tag === '') return 'its tag is empty: is a variable not set?'
  if (tag.startsWith('sha256:')) return 'it has a digest after `:`, which belongs after `@`'
  return `"${tag}" is not a tag`
}

function wrongReference(text: string, problem: string): UserError {
  const hint = 'Write it like `ghcr.io/owner/app@sha256:…` or `ghcr.io/owner/app:1.2.3`.'
  return new UserError('DA-IMAGE-REFERENCE', `"${text}" is not an image reference: ${problem}`, { hint })
}
