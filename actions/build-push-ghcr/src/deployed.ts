import { type Deployments, digestsIn } from '@deploy-actions/deployments'
import type { AppImages } from '@deploy-actions/digitalocean'
import { messageOf, UserError } from '@deploy-actions/kit'

/** What the last deployments of all environments brought there. */
export interface Deployed {
  readonly digests: ReadonlySet<string>
  /** 40 hex digits. Their images are kept by the tag `sha-<commit>`: a record that others wrote names no digest. */
  readonly commits: ReadonlySet<string>
  /** Tags by which apps of App Platform run, by image. */
  readonly tags?: AppImages['tags']
}

/** @throws UserError DA-CLEANUP-PARTIAL when GitHub does not say it */
export async function deployedLast(count: number, deployments: () => Pick<Deployments, 'newestOfEach'>): Promise<Deployed> {
  if (count === 0) return { digests: new Set(), commits: new Set() }
  const found = await deployments()
    .newestOfEach(count)
    .catch((cause: unknown) => {
      throw new UserError('DA-CLEANUP-PARTIAL', `nothing is deleted, because it is not known what is deployed: ${messageOf(cause)}`, {
        hint: 'The job needs `deployments: read` under `permissions:`. Or name what is deployed in `cleanup-protect`, with `cleanup-deployments: 0`.',
        cause,
      })
    })
  const digests = found.flatMap(({ payload }) => (payload === undefined ? [] : digestsIn(payload)))
  return { digests: new Set(digests), commits: new Set(found.map(({ commit }) => commit)) }
}

/**
 * The same with what the apps of App Platform run.
 * @throws UserError DA-CLEANUP-PARTIAL when DigitalOcean does not say it
 */
export async function withApps(deployed: Deployed, images: () => Promise<AppImages>): Promise<Deployed> {
  const { digests, tags } = await images().catch((cause: unknown) => {
    throw new UserError('DA-CLEANUP-PARTIAL', `nothing is deleted, because it is not known what App Platform runs: ${messageOf(cause)}`, {
      hint: '`digitalocean-token` needs the scope `app:read`.',
      cause,
    })
  })
  return { ...deployed, digests: new Set([...deployed.digests, ...digests]), tags }
}
