/** Variables by name; undefined for one that is not set. */
export type Variables = (name: string) => string | undefined

/** A text with its variables filled in, or the first variable that has no value. */
export type Interpolated = { readonly text: string } | { readonly unset: string }

/** Fills in `$NAME`, `${NAME}`, `${NAME:-default}` and their relatives as Compose does; `$$` is a dollar sign. */
export function interpolate(template: string, variables: Variables): Interpolated {
  let text = ''
  for (let at = 0; at < template.length; ) {
    if (template[at] !== '$') {
      text += template[at++]
      continue
    }
    const part = readVariable(template.slice(at), variables)
    if ('unset' in part) return part
    text += part.text
    at += part.length
  }
  return { text }
}

/** A variable that a text names; `fallback` is what stands there without a value. */
export interface NamedVariable {
  readonly name: string
  readonly fallback?: string
}

/** Every variable that a text names, in its order, also those within fallbacks. */
export function variablesIn(template: string): NamedVariable[] {
  const found: NamedVariable[] = []
  for (let at = 0; at < template.length; at++) {
    const rest = template.slice(at)
    if (rest.startsWith('$$')) at++
    const [, plain] = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(rest) ?? []
    const [, braced, operator = '', word = ''] = BRACED.exec(rest.slice(0, closingBrace(rest))) ?? []
    const name = rest.startsWith('$$') ? undefined : (plain ?? braced)
    if (name !== undefined) found.push({ name, ...(/[-+]$/.test(operator) && { fallback: operator.endsWith('+') ? '' : word }) })
  }
  return found
}

const BRACED = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([\s\S]*))?\}$/

function readVariable(rest: string, variables: Variables): { text: string; length: number } | { unset: string } {
  if (rest.startsWith('$$')) return { text: '$', length: 2 }
  const plain = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(rest)
  if (plain !== null) {
    const value = variables(plain[1] as string)
    return value === undefined ? { unset: plain[1] as string } : { text: value, length: plain[0].length }
  }
  const end = closingBrace(rest)
  const [, name, operator = '', word = ''] = BRACED.exec(rest.slice(0, end)) ?? []
  if (name === undefined) return { text: '$', length: 1 }
  const value = operated(variables(name), operator, word, variables)
  if (value === undefined) return { unset: name }
  return 'unset' in value ? value : { text: value.text, length: end }
}

function operated(value: string | undefined, operator: string, word: string, variables: Variables): Interpolated | undefined {
  const missing = value === undefined || (operator.startsWith(':') && value === '')
  if (operator.endsWith('+')) return missing ? { text: '' } : interpolate(word, variables)
  if (!missing) return { text: value }
  return operator.endsWith('-') ? interpolate(word, variables) : undefined
}

/** The length of a `${…}` with what is nested in it; 0 when it is not closed. */
function closingBrace(rest: string): number {
  if (!rest.startsWith('${')) return 0
  let depth = 0
  for (let at = 1; at < rest.length; at++) {
    if (rest[at] === '{' && rest[at - 1] === '$') depth++
    else if (rest[at] === '}' && --depth === 0) return at + 1
  }
  return 0
}
