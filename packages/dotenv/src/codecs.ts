import { UserError } from '@deploy-actions/kit'
import type { Codec, Format } from './codec.ts'
import { composeCodec, interpolationCodec } from './compose-codec.ts'
import { dockerCodec } from './docker-codec.ts'
import { jsonCodec } from './json-codec.ts'
import { nodeDotenvCodec } from './node-dotenv-codec.ts'
import { pythonDotenvCodec } from './python-dotenv-codec.ts'
import { shellCodec } from './shell-codec.ts'
import { systemdCodec } from './systemd-codec.ts'

export const codecs: Readonly<Record<Format, Codec>> = {
  compose: composeCodec,
  'compose-interpolation': interpolationCodec,
  docker: dockerCodec,
  dotenv: nodeDotenvCodec,
  'python-dotenv': pythonDotenvCodec,
  systemd: systemdCodec,
  shell: shellCodec,
  json: jsonCodec,
}

/** Every spelling of a value that the consumer reads back as exactly this value, best first; none where it cannot hold it. */
export function spellingsOf(format: Format, name: string, value: string): string[] {
  const codec = codecs[format]
  const good = codec.spellings(value).filter((spelling) => readsBack(codec, name, spelling, value))
  return [...new Set(good)]
}

/** The best of them; undefined where the consumer cannot hold the value. */
export function spellingOf(format: Format, name: string, value: string): string | undefined {
  const codec = codecs[format]
  return codec.spellings(value).find((spelling) => readsBack(codec, name, spelling, value))
}

/** What the lines around an assignment may be: quotes of every kind, first where a value that has not ended would end. */
const AROUND = ["'", '"', '`'].flatMap((quote, at) => [
  [`QUOTE_${at}`, `x${quote}`] as const,
  [`QUOTED_${at}`, `${quote}a b${quote}`] as const,
])

function readsBack(codec: Codec, name: string, spelling: string, value: string): boolean {
  const around = AROUND.filter(([, one]) => reads(codec, codec.join([['AROUND', one]]))?.has('AROUND') && codec !== jsonCodec)
  const read = reads(codec, codec.join([...around, [name, spelling], ...around.map(([other, one]) => [`${other}_`, one] as const)]))
  return read?.get(name) === value && read.size === 2 * around.length + 1
}

/** With an environment in which every variable is set to something else. */
function reads(codec: Codec, text: string): Map<string, string> | undefined {
  try {
    return codec.parse(text, () => 'of the environment')
  } catch {
    return undefined
  }
}

/** What speaks against a variable in this format, as words behind its name; undefined when it can be written. */
export function whyUnwritable(format: Format, name: string, value: string): string | undefined {
  const { names, whyNot } = codecs[format]
  if (!names.pattern.test(name)) return names.rule
  if (value.includes('\0')) return 'has a NUL character, which no environment can hold'
  if (/\p{Surrogate}/u.test(value)) return 'is not valid Unicode text'
  return spellingOf(format, name, value) === undefined ? whyNot(value) : undefined
}

/**
 * Writes a whole file for a consumer. It is read back with the consumer's own rules before anybody gets it.
 * @throws UserError DA-ENV-UNREPRESENTABLE naming every variable that cannot be written and why; values are not quoted
 */
export function encodeEnvFile(format: Format, values: ReadonlyMap<string, string>): string {
  refuseUnwritable(format, values)
  const codec = codecs[format]
  const text = codec.join([...values].map(([name, value]) => [name, spellingOf(format, name, value) as string]))
  const read = codec.parse(text, () => 'of the environment')
  const wrong = [...values].filter(([name, value]) => read.get(name) !== value).map(([name]) => name)
  if (wrong.length > 0 || read.size !== values.size) throw new Error(`not read back as written: ${wrong.join(', ')}`)
  return text
}

/** @throws UserError DA-ENV-UNREPRESENTABLE naming every variable that cannot be written and why */
export function refuseUnwritable(format: Format, values: ReadonlyMap<string, string>): void {
  const problems = [...values].flatMap(([name, value]) => {
    const problem = whyUnwritable(format, name, value)
    return problem === undefined ? [] : [`${JSON.stringify(name)} ${problem}`]
  })
  if (problems.length === 0) return
  const hint = 'Rename the variable, or give the value in another form, for example base64, and decode it in the app.'
  throw new UserError('DA-ENV-UNREPRESENTABLE', `${codecs[format].consumer} cannot hold these variables: ${problems.join('; ')}`, { hint })
}
