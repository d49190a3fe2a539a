import { UserError } from '@deploy-actions/kit'
import { CACHE_TAG } from './cache.ts'
import { type Graph, isReferrerTag, leadersFirst, missing, reachable, type Version } from './cleanup-graph.ts'

export interface KeepRules {
  /** How many of the newest tagged versions. */
  readonly newest: number
  /** Milliseconds since 1970: everything pushed after it. */
  readonly after: number
  /** Digests: of deployments, and of this build. */
  readonly digests: ReadonlySet<string>
  /** Commits that were deployed: 40 hex digits. */
  readonly commits: ReadonlySet<string>
  /** Tags by which something runs. */
  readonly tags?: ReadonlySet<string>
}

export interface CleanupPlan {
  /** In the order of deletion. */
  readonly remove: readonly Version[]
  readonly kept: number
  readonly graph: Graph
}

/**
 * What nobody needs: what no kept version leads to.
 * @throws UserError DA-CLEANUP-PARTIAL when something leads to a manifest that nobody lists
 */
export function planCleanup(versions: readonly Version[], graph: Graph, rules: KeepRules): CleanupPlan {
  const gone = missing(graph)
  if (gone.length > 0) throw partial(`${gone.length} of the manifests that others lead to are not listed, such as ${gone[0]}`)
  const kept = reachable(graph, rootsOf(versions, rules))
  const loose = versions.filter(({ digest }) => !kept.has(digest))
  const byDigest = new Map(loose.map((version) => [version.digest, version]))
  const remove = leadersFirst(
    graph,
    loose.map(({ digest }) => digest),
  )
  return { remove: remove.map((digest) => byDigest.get(digest) as Version), kept: versions.length - remove.length, graph }
}

export function rootsOf(versions: readonly Version[], { newest, after, digests, commits, tags: names }: KeepRules): string[] {
  const tagged = versions.filter(({ tags }) => tags.some(isName)).toSorted((a, b) => b.pushedAt - a.pushedAt)
  const others = versions.filter(
    ({ digest, pushedAt, tags }) =>
      pushedAt >= after || digests.has(digest) || tags.some((tag) => CACHE_TAG.test(tag) || commits.has(commitIn(tag)) || names?.has(tag)),
  )
  return [...tagged.slice(0, newest), ...others].map(({ digest }) => digest)
}

/** Of a tag that every build gives (`sha-<commit>`, with the variant behind it); otherwise empty. */
const commitIn = (tag: string): string => /^sha-([0-9a-f]{40})(?:-|$)/.exec(tag)?.[1] ?? ''

/** A tag that a person or a build gave to an image. */
const isName = (tag: string): boolean => !CACHE_TAG.test(tag) && !isReferrerTag(tag)

export function partial(why: string): UserError {
  return new UserError('DA-CLEANUP-PARTIAL', `nothing is deleted, because not everything is known: ${why}`, {
    hint: 'An index with a missing part is broken already: delete it by hand, or push it anew. Otherwise run again later.',
  })
}
