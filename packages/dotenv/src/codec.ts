import type { Lookup } from './substitute.ts'

/** Who reads the file: each has its own rules for quotes, backslashes, `$`, `#` and line ends. */
export const formats = ['compose', 'compose-interpolation', 'docker', 'dotenv', 'python-dotenv', 'systemd', 'shell', 'json'] as const

export type Format = (typeof formats)[number]

/** The rules of one consumer. */
export interface Codec {
  /** For messages: `docker run --env-file`. */
  readonly consumer: string
  readonly names: { readonly pattern: RegExp; readonly rule: string }
  /**
   * Ways to write a value behind `NAME=`, best first. They are tries: `spellingsOf` keeps those that `parse` reads back as the value, whatever
   * stands in the lines around.
   */
  readonly spellings: (value: string) => readonly string[]
  /** Why a value that no spelling can hold cannot be held, as words behind "the value …". */
  readonly whyNot: (value: string) => string
  /** A whole file of these assignments, each name with its spelling. */
  readonly join: (assignments: readonly (readonly [name: string, spelling: string])[]) => string
  /**
   * What the consumer reads: names and values in order of first appearance, the last of two values.
   * @param lookup the consumer's own environment
   * @throws UserError DA-ENV-FILE-INVALID for what the consumer would refuse; no value is quoted
   */
  readonly parse: (text: string, lookup?: Lookup) => Map<string, string>
}

/** One assignment on each line. */
export const asLines: Codec['join'] = (assignments) => assignments.map(([name, spelling]) => `${name}=${spelling}\n`).join('')

/** Names that every shell and every program takes. */
export const plainNames: Codec['names'] = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  rule: 'is not a name of letters, digits and `_` that begins with a letter or `_`',
}

/** Names with dots and hyphens too. */
export const widerNames: Codec['names'] = {
  pattern: /^[A-Za-z_][A-Za-z0-9_.-]*$/,
  rule: 'is not a name of letters, digits, `_`, `.` and `-` that begins with a letter or `_`',
}
