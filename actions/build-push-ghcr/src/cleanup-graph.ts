import type { Contents } from '@deploy-actions/registry'

/** One manifest that the registry's package has. */
export interface Version {
  /** As the package's API calls it. */
  readonly id: string
  readonly digest: string
  readonly tags: readonly string[]
  /** Milliseconds since 1970: when it was pushed. */
  readonly pushedAt: number
}

/** What a version leads to: without any of these it is broken, or says nothing any more. */
export type Graph = ReadonlyMap<string, readonly string[]>

/** Tags by which registries without a referrers API keep signatures and attestations: the digest of what they are about, and perhaps a kind. */
const REFERRER_TAG = /^sha256-([0-9a-f]{64})(?:\.[\w-]+)?$/

export const isReferrerTag = (tag: string): boolean => REFERRER_TAG.test(tag)

/**
 * Who leads to whom: an index to its platforms and attestations, an image to what is signed or said about it.
 * @param contents of every version, by digest
 */
export function graphOf(versions: readonly Version[], contents: ReadonlyMap<string, Contents>): Graph {
  const graph = new Map<string, string[]>(versions.map(({ digest }) => [digest, []]))
  const lead = (from: string, to: string) => graph.get(from)?.push(to)
  for (const { digest, tags } of versions) {
    const { children = [], subject } = contents.get(digest) ?? {}
    for (const child of children) {
      lead(digest, child.digest)
      // An attestation that lies outside of the index that has the image.
      if (child.attests !== undefined) lead(child.attests, child.digest)
    }
    if (subject !== undefined) lead(subject, digest)
    for (const tag of tags) {
      const [, about] = REFERRER_TAG.exec(tag) ?? []
      if (about !== undefined) lead(`sha256:${about}`, digest)
    }
  }
  return graph
}

/** The roots and all that they lead to, however far. */
export function reachable(graph: Graph, roots: Iterable<string>): Set<string> {
  const found = new Set<string>()
  const next = [...roots]
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    if (found.has(one)) continue
    found.add(one)
    next.push(...(graph.get(one) ?? []))
  }
  return found
}

/** Ends of edges that are no version: what is known is then not all that there is. */
export function missing(graph: Graph): string[] {
  const ends = new Set([...graph.values()].flat())
  return [...ends].filter((end) => !graph.has(end))
}

/** What leads to others comes before them: whenever it stops, nothing that is left is broken. */
export function leadersFirst(graph: Graph, digests: readonly string[]): string[] {
  const ordered: string[] = []
  const seen = new Set<string>()
  const wanted = new Set(digests)
  const visit = (digest: string) => {
    if (seen.has(digest) || !wanted.has(digest)) return
    seen.add(digest)
    for (const end of graph.get(digest) ?? []) visit(end)
    ordered.push(digest)
  }
  for (const digest of digests) visit(digest)
  return ordered.reverse()
}
