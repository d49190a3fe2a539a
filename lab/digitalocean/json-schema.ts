/** As much of JSON Schema as DigitalOcean's description and our own schemas use. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly nullable?: boolean
}

/** Finds the schema behind `$ref`. */
export type Lookup = (ref: string) => Schema

/** Everything in which a value breaks a schema, each with its path. */
export function violations(value: unknown, schema: Schema, lookup: Lookup, at = ''): string[] {
  if (schema.$ref !== undefined) return violations(value, lookup(schema.$ref), lookup, at)
  if (value === null && schema.nullable === true) return []
  return [
    ...ofType(value, schema, at),
    ...(schema.enum !== undefined && !schema.enum.includes(value) ? [`${at || '/'} is none of ${schema.enum.join(', ')}`] : []),
    ...ofText(value, schema, at),
    ...ofNumber(value, schema, at),
    ...ofObject(value, schema, lookup, at),
    ...(Array.isArray(value) && schema.items !== undefined
      ? value.flatMap((one, index) => violations(one, schema.items as Schema, lookup, `${at}/${index}`))
      : []),
    ...(schema.allOf ?? []).flatMap((one) => violations(value, one, lookup, at)),
    ...ofChoice(value, schema.anyOf ?? schema.oneOf, lookup, at),
  ]
}

function ofType(value: unknown, { type }: Schema, at: string): string[] {
  const is: Readonly<Record<string, boolean>> = {
    object: typeof value === 'object' && value !== null && !Array.isArray(value),
    array: Array.isArray(value),
    string: typeof value === 'string',
    boolean: typeof value === 'boolean',
    number: typeof value === 'number',
    integer: Number.isInteger(value),
  }
  return type === undefined || is[type] === true ? [] : [`${at || '/'} is no ${type}`]
}

function ofText(value: unknown, schema: Schema, at: string): string[] {
  if (typeof value !== 'string') return []
  const wrong = [
    schema.pattern !== undefined && !new RegExp(schema.pattern).test(value) && `does not match ${schema.pattern}`,
    schema.minLength !== undefined && value.length < schema.minLength && 'is too short',
    schema.maxLength !== undefined && value.length > schema.maxLength && 'is too long',
    // A time without a zone breaks the official client.
    schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && 'is no time with a zone',
  ]
  return wrong.filter((one) => typeof one === 'string').map((one) => `${at || '/'} ${one}`)
}

function ofNumber(value: unknown, { minimum, maximum }: Schema, at: string): string[] {
  if (typeof value !== 'number') return []
  return (minimum !== undefined && value < minimum) || (maximum !== undefined && value > maximum) ? [`${at || '/'} is out of range`] : []
}

function ofObject(value: unknown, { required = [], properties = {}, additionalProperties }: Schema, lookup: Lookup, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const entries = Object.entries(value)
  const others = entries.filter(([key]) => !(key in properties))
  return [
    ...required.filter((key) => !(key in value)).map((key) => `${at}/${key} is missing`),
    ...entries.flatMap(([key, one]) => (properties[key] === undefined ? [] : violations(one, properties[key], lookup, `${at}/${key}`))),
    ...(additionalProperties === false ? others.map(([key]) => `${at}/${key} is unknown`) : []),
    ...(typeof additionalProperties === 'object'
      ? others.flatMap(([key, one]) => violations(one, additionalProperties, lookup, `${at}/${key}`))
      : []),
  ]
}

function ofChoice(value: unknown, choices: readonly Schema[] | undefined, lookup: Lookup, at: string): string[] {
  if (choices === undefined || choices.some((one) => violations(value, one, lookup, at).length === 0)) return []
  return violations(value, choices[0] as Schema, lookup, at)
}
