import { Mistake } from '@deploy-actions/kit'

/** What `${name}` stands for. */
export type Variables = ReadonlyMap<string, unknown>

const NAME = /\$(\$\{)|\$\{([^}]*)\}/g

/** The names in all texts of a value, with the path to each. */
export function namesIn(value: unknown, path: readonly (string | number)[] = []): { name: string; path: readonly (string | number)[] }[] {
  if (typeof value === 'string') return [...value.matchAll(NAME)].flatMap(([, , name]) => (name === undefined ? [] : [{ name, path }]))
  if (Array.isArray(value)) return value.flatMap((item, at) => namesIn(item, [...path, at]))
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => [...namesIn(key, [...path, key]), ...namesIn(inner, [...path, key])])
}

/** Thrown when a name has no value because the check that captures it did not come so far. */
export class NotCaptured extends Error {
  readonly variable: string
  constructor(variable: string) {
    super(`it needs \`${variable}\`, which no check above has captured`)
    this.variable = variable
  }
}

/**
 * The value with `${name}` replaced everywhere in its texts; `$${` stands for `${`. A text that is nothing but one name becomes the value
 * itself, so that a captured number stays a number in JSON.
 * @throws NotCaptured
 */
export function filled<T>(value: T, variables: Variables): T {
  if (typeof value === 'string') return fillText(value, variables) as T
  if (Array.isArray(value)) return value.map((item) => filled(item, variables)) as T
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [String(fillText(key, variables)), filled(inner, variables)])) as T
}

function fillText(text: string, variables: Variables): unknown {
  const alone = /^\$\{([^}]*)\}$/.exec(text)?.[1]
  if (alone !== undefined) return variableOf(alone, variables)
  return text.replace(NAME, (_, escaped, name) => {
    if (escaped !== undefined) return '${'
    const value = variableOf(name, variables)
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

function variableOf(name: string, variables: Variables): unknown {
  if (!variables.has(name)) throw new NotCaptured(name)
  return variables.get(name)
}

const LEGAL = /^[A-Za-z_][A-Za-z0-9_]*$/

/** @throws Mistake */
export function checkVariableName(name: string): void {
  if (!LEGAL.test(name)) throw new Mistake(`"${name}" is no name of a variable: letters, digits and _, beginning with a letter`)
}
