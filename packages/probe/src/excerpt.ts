import type { Redact } from './condition.ts'
import type { Answer } from './judge-answer.ts'

const LONGEST = 400
/** Values of what is secret by its name, in JSON, in forms and in HTML. */
const SECRET_VALUES =
  /((?:token|secret|passw(?:or)?d|pwd|authorization|api[-_]?key|session(?:[-_]?id)?|csrf)[\w-]*["']?\s*[:=]\s*["']?)([^"'\s&,}<]{4,})/gi

/** The first characters of an answer for the log: an answer may hold secrets that nobody told us. */
export function excerptOf(answer: Answer, redact: Redact): string {
  const type = answer.header('content-type') ?? ''
  const { body } = answer.http
  if (body.length === 0) return '(no body)'
  if (!/text|json|xml|javascript|html|^$/.test(type)) return `(${body.length} bytes of ${type})`
  const text = redact(answer.text)
    .slice(0, 4 * LONGEST)
    .replaceAll(SECRET_VALUES, '$1***')
    .trim()
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
