import { messageOf, UserError } from '@deploy-actions/kit'
import type { Codec } from './codec.ts'

/** A JSON object of texts, one name on each line. */
export const jsonCodec: Codec = {
  consumer: 'a JSON file',
  names: { pattern: /^[^\0]+$/, rule: 'is empty' },
  spellings: (value) => [JSON.stringify(value)],
  whyNot: () => 'cannot be written as JSON',
  join: (assignments) => `{\n${assignments.map(([name, spelling]) => `  ${JSON.stringify(name)}: ${spelling}`).join(',\n')}\n}\n`,
  parse: parseJsonValues,
}

/** @throws UserError DA-ENV-FILE-INVALID naming every key whose value is no text: `1.0` would arrive as `1` */
export function parseJsonValues(text: string): Map<string, string> {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('is not an object of names and values')
  const wrong = Object.entries(value).filter(([, one]) => typeof one !== 'string')
  if (wrong.length > 0) throw invalid(`has values that are no texts: ${wrong.map(([name]) => name).join(', ')}`)
  return new Map(Object.entries(value as Record<string, string>))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    // V8 quotes what it does not understand, which may be a secret.
    const [place = ''] = /at position \d+|line \d+ column \d+/.exec(messageOf(cause)) ?? []
    throw invalid(`cannot be read as JSON${place === '' ? '' : ` (${place})`}`)
  }
}

function invalid(problem: string): UserError {
  return new UserError('DA-ENV-FILE-INVALID', `the JSON ${problem}`, {
    hint: 'Write `{"NAME": "value"}` and quote every value, numbers too.',
  })
}
