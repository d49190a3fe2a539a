/** An image in a registry, in full: the shape of `ImageReference` of packages/release. */
export interface ImageAddress {
  /** Host with port; `docker.io` is Docker Hub. */
  registry: string
  repository: string
  tag?: string
  digest?: string
}

/** As users write it, for messages. */
export function nameOf({ registry, repository, tag, digest }: ImageAddress): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** What the registry is asked for: the digest where there is one, because a tag may have moved since. */
export const pointerOf = ({ tag, digest }: ImageAddress): string => digest ?? tag ?? 'latest'
