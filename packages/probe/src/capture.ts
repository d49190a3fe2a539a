import type { Capture } from './check.ts'
import { cookiesSet } from './cookie-jar.ts'
import type { Answer } from './judge-answer.ts'

/** What the captures of a check find in an answer, by name; and the first that finds nothing. */
export function captured(
  captures: readonly Capture[],
  answer: Answer,
): { values: Map<string, unknown>; missing?: { name: string; message: string } } {
  const values = new Map<string, unknown>()
  for (const { name, from } of captures) {
    const value = find(from, answer)
    if (value === undefined || (Array.isArray(value) && value.length === 0))
      return { values, missing: { name, message: `nothing to capture for \`${name}\`: ${whereOf(from)}` } }
    values.set(name, value)
  }
  return { values }
}

/** Every text in what a check captures as a secret, also when the answer is not the wanted one: it is shown then. */
export function secretsIn(captures: readonly Capture[], answer: Answer): string[] {
  return captures.flatMap(({ from, secret }) => (secret ? textsIn(find(from, answer)) : []))
}

function textsIn(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'object') return [JSON.stringify(value), ...Object.values(value).flatMap(textsIn)]
  return [String(value)]
}

function find(from: Capture['from'], answer: Answer): unknown {
  switch (from.kind) {
    case 'json':
      try {
        return from.path.find(answer.json)
      } catch {
        return undefined
      }
    case 'header':
      return answer.header(from.name)
    case 'cookie':
      return cookiesSet(answer.http.headers['set-cookie']).get(from.name)
    case 'pattern':
      return from.pattern
        .exec(answer.text)
        ?.slice(1)
        .find((group) => group !== undefined)
  }
}

function whereOf(from: Capture['from']): string {
  if (from.kind === 'json') return `the body has no \`${from.path.text}\``
  if (from.kind === 'pattern') return `the body does not match ${from.pattern}`
  return `there is no ${from.kind} \`${from.name}\``
}
