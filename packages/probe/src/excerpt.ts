import type { Redact } from './condition.ts'
import type { Answer } from './judge-answer.ts'
import { withoutSecretLooks } from './secret-looks.ts'

const LONGEST = 400

/** The first characters of an answer for the log: an answer may hold secrets that nobody told us. */
export function excerptOf(answer: Answer, redact: Redact): string {
  const type = answer.header('content-type') ?? ''
  const { body } = answer.http
  if (body.length === 0) return '(no body)'
  if (!/text|json|xml|javascript|html|^$/.test(type)) return `(${body.length} bytes of ${type})`
  const text = withoutSecretLooks(redact(answer.text).slice(0, 4 * LONGEST)).trim()
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
