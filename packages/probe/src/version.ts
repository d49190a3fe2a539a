import { Mistake, type Reader, reader } from '@deploy-actions/kit'
import { checkPattern } from './condition.ts'
import { type JsonPath, jsonPath } from './json-path.ts'
import type { Answer } from './judge-answer.ts'

/** Where an answer says which version it comes from. */
export type VersionSource =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'json'; readonly path: JsonPath }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }

/** Reads `header x-version`, `json $.version` or `pattern version (\S+)`. */
export const versionSource: Reader<VersionSource> = reader((raw) => {
  const [, kind, rest = ''] = /^(header|json|pattern)\s+(.+)$/s.exec(raw) ?? []
  if (kind === 'header') return { kind, name: rest }
  if (kind === 'json') return { kind, path: jsonPath(rest) }
  if (kind === undefined) throw new Mistake('must be `header NAME`, `json PATH` or `pattern REGEX`', 'Write for example `json $.version`.')
  checkPattern(rest)
  if (!rest.includes('('))
    throw new Mistake('needs a group in parentheses around the version', 'Write for example `pattern version: (\\S+)`.')
  return { kind: 'pattern', pattern: new RegExp(rest, 'u') }
})

/** The version that an answer says, or undefined. */
export function versionOf(answer: Answer, source: VersionSource): string | undefined {
  if (source.kind === 'header') return answer.header(source.name)
  if (source.kind === 'pattern') return source.pattern.exec(answer.text)?.[1]
  try {
    const value = source.path.find(answer.json)
    return value === undefined || value === null ? undefined : String(value)
  } catch {
    return undefined
  }
}

export const sourceText = (source: VersionSource): string =>
  source.kind === 'header'
    ? `the header \`${source.name}\``
    : source.kind === 'json'
      ? `\`${source.path.text}\``
      : `the pattern ${source.pattern}`
