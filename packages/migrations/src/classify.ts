import { classifyPython, codeInPython } from './classify-python.ts'
import { classifySql } from './classify-sql.ts'
import { type Found, type Kind, worst } from './kind.ts'
import { longLocks } from './long-locks.ts'
import type { Pending } from './status.ts'

export interface Classified extends Pending {
  readonly kind: Kind
  /** The statements or operations that make it so, shortened. */
  readonly because: readonly string[]
  /** Its statements that lock a table for as long as they go through it, shortened. */
  readonly longLocks: readonly string[]
  /** A comment in its file allows it, with these words behind. */
  readonly allowed: string | undefined
}

/** What one migration does, by its SQL where there is some, else by the text of its file. A file in another language that nobody can read counts as `data`. */
export function classify(pending: Pending): Classified {
  const found = foundIn(pending)
  const allowed = markOf(pending.source)
  const kind = allowed?.kind === 'expand' ? 'expand' : worst(found.map(([, one]) => one))
  const because = found.filter(([, one]) => one === kind).map(([text]) => text)
  return {
    ...pending,
    kind,
    because: kind === 'expand' ? [] : shortened(because),
    longLocks: allowed?.kind === 'expand' ? [] : shortened(longLocks(sqlOf(pending))),
    allowed: allowed?.reason,
  }
}

const shortened = (texts: readonly string[]): string[] =>
  [...new Set(texts.map((text) => (text.length > 120 ? `${text.slice(0, 117)}…` : text)))].slice(0, 3)

/** Empty where nobody knows it: a file in another language says no more than its own words. */
const sqlOf = ({ sql, source, file }: Pending): string => sql ?? (file.endsWith('.sql') ? source : '')

function foundIn({ sql, source, file }: Pending): Found[] {
  const isPython = file.endsWith('.py')
  if (sql !== undefined) return [...classifySql(sql), ...(isPython ? codeInPython(source) : [])]
  if (source === '') return [['its text is not known', 'data']]
  return isPython ? classifyPython(source) : classifySql(source)
}

/** `deploy-actions: allow destructive (reason)` or `deploy-actions: expand` in a comment of the file. */
function markOf(source: string): { kind: 'allow' | 'expand'; reason: string } | undefined {
  const [, what, reason = ''] = /(?:--|#|\/\/|\/\*)\s*deploy-actions:\s*(allow destructive|expand)\b[ \t:]*([^\n]*)/i.exec(source) ?? []
  if (what === undefined) return undefined
  return {
    kind: what.toLowerCase() === 'expand' ? 'expand' : 'allow',
    reason: reason.replace(/^\(|\)\s*$|\*\/\s*$/g, '').trim() || 'no reason given',
  }
}
