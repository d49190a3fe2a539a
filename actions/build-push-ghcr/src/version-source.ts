import { UserError } from '@deploy-actions/kit'
import type { ImageReference } from '@deploy-actions/release'
import type { Version } from './cleanup-graph.ts'
import { docrVersions } from './docr-versions.ts'
import { githubVersions } from './github-versions.ts'
import type { ApiPorts } from './package-api.ts'

/** The manifests of one image, with and without tags, which only a registry's own API lists. */
export interface VersionSource {
  list(): Promise<Version[]>
  /**
   * False: the registry keeps it, and `why` says so. `absent`: it says that it does not have it, which it also says to whoever may not delete
   * (for ghcr.io github.com/dataaxiom/ghcr-cleanup-action, issue 147).
   */
  remove(version: Version): Promise<{ readonly removed: boolean; readonly absent?: boolean; readonly why?: string }>
  /** What a token needs to list and to delete. */
  readonly needs: string
}

export interface VersionAccess {
  /** GitHub's API; its default is https://api.github.com. */
  readonly githubApi: string
  readonly githubToken: string | undefined
  readonly digitaloceanApi: string
  readonly digitaloceanToken: string | undefined
  readonly password: string | undefined
}

/** @throws UserError DA-CLEANUP-REGISTRY for a registry that has no such API */
export function versionSource(image: ImageReference, access: VersionAccess, ports: ApiPorts): VersionSource {
  if (image.registry === 'ghcr.io')
    return githubVersions(image, { api: access.githubApi, token: access.password ?? access.githubToken ?? '' }, ports)
  if (image.registry === 'registry.digitalocean.com')
    return docrVersions(image, { api: access.digitaloceanApi, token: access.digitaloceanToken ?? access.password ?? '' }, ports)
  throw new UserError(
    'DA-CLEANUP-REGISTRY',
    `${image.registry} has no API that lists manifests without a tag, so nothing can be cleaned up there`,
    {
      hint: 'Cleanup works for ghcr.io and registry.digitalocean.com. Leave `cleanup` out.',
    },
  )
}
