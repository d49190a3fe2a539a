import { UserError } from '@deploy-actions/kit'
import { asLines, type Codec, widerNames } from './codec.ts'
import type { Lookup } from './substitute.ts'

/** The longest line that the CLI's reader takes, its line end left out. */
const LONGEST_LINE = 65_535

/** `docker run --env-file` (docker/cli `pkg/kvfile`): what stands behind the first `=` is the value, as it is. */
export const dockerCodec: Codec = {
  consumer: '`docker run --env-file`',
  names: widerNames,
  // The reader drops one CR at the end of a line, so a value that ends with one gets another.
  spellings: (value) => [value, `${value}\r`],
  whyNot: (value) =>
    value.includes('\n') ? 'has a line end, which ends the value there' : 'is longer than the 64 KiB that it takes in one line',
  join: asLines,
  parse: parseDockerEnvFile,
}

/** @throws UserError DA-ENV-FILE-INVALID as the CLI would refuse it */
export function parseDockerEnvFile(text: string, lookup: Lookup = () => undefined): Map<string, string> {
  const values = new Map<string, string>()
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  for (const [at, ended] of lines.entries()) {
    if (Buffer.byteLength(ended) > LONGEST_LINE) throw invalid(at, 'is longer than 64 KiB')
    const line = ended.replace(/\r$/, '').replace(/^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, '')
    if (line === '' || line.startsWith('#')) continue
    const equals = line.indexOf('=')
    const name = equals === -1 ? line : line.slice(0, equals)
    if (name === '') throw invalid(at, 'has no name')
    if (/[ \t]/.test(name)) throw invalid(at, 'has a space in its name')
    const value = equals === -1 ? lookup(name) : line.slice(equals + 1)
    if (value !== undefined) values.set(name, value)
  }
  return values
}

function invalid(at: number, problem: string): UserError {
  const hint = 'Write one `NAME=value` on each line, without spaces around `=`, and without quotes: they would be part of the value.'
  return new UserError('DA-ENV-FILE-INVALID', `line ${at + 1} of the env file ${problem}`, { hint })
}
