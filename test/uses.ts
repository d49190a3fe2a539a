/** A step or job that uses one of our actions. */
export interface Use {
  readonly action: string
  readonly given: readonly string[]
}

/** Every use of one of our actions anywhere in a parsed YAML document. */
export function usesIn(node: unknown): Use[] {
  if (Array.isArray(node)) return node.flatMap(usesIn)
  if (node === null || typeof node !== 'object') return []
  const { uses, with: given } = node as { uses?: unknown; with?: object | null }
  const inside = Object.values(node).flatMap(usesIn)
  const action = typeof uses === 'string' ? ourAction(uses) : undefined
  return action === undefined ? inside : [{ action, given: Object.keys(given ?? {}) }, ...inside]
}

/** `<owner>/deploy-actions@<ref>`, `<owner>/deploy-actions/<action>@<ref>`, `./<action>`, or `$/<action>` in our own workflows; undefined for everybody else's actions. */
function ourAction(uses: string): string | undefined {
  if (/^[^/]+\/deploy-actions@/.test(uses)) return 'release-compose-ssh'
  return /^[^/]+\/deploy-actions\/([^@]+)@/.exec(uses)?.[1] ?? /^[.$]\/(?!\.github\/)(.+)$/.exec(uses)?.[1]
}
