import { dereference, type Schema, Validator } from '@cfworker/json-schema'
import { Mistake } from '@deploy-actions/kit'

/** Says what of a value breaks the schema, or nothing. */
export type JsonSchema = (value: unknown) => string | undefined

/** JSON Schema 2020-12, without code made at run time. This file is the only importer of the library. @throws Mistake for what is no schema */
export function jsonSchema(schema: unknown): JsonSchema {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) throw new Mistake('must be a JSON Schema, which is a mapping')
  const validator = validatorOf(schema as Schema)
  return (value) => {
    const { valid, errors } = validated(validator, value)
    const deepest = errors.at(-1)
    return valid ? undefined : `${deepest?.instanceLocation ?? '#'}: ${deepest?.error ?? 'does not fit'}`
  }
}

/** A keyword whose own value is of a wrong type throws at the first value that it is to judge. */
function validated(
  validator: Validator,
  value: unknown,
): Pick<ReturnType<Validator['validate']>, 'valid'> & { errors: { instanceLocation?: string; error: string }[] } {
  try {
    return validator.validate(value)
  } catch (error) {
    return { valid: false, errors: [{ error: `the schema cannot judge it: ${(error as Error).message.split('\n')[0]}` }] }
  }
}

/** The library looks at a reference or a pattern when a value comes to it: too late to say that it is wrong. */
function validatorOf(schema: Schema): Validator {
  try {
    const places = dereference(schema)
    for (const part of new Set(Object.values(places))) checkPart(part, places)
    const validator = new Validator(schema, '2020-12', false)
    validator.validate(null)
    return validator
  } catch (error) {
    throw new Mistake(`is no JSON Schema that can be used: ${(error as Error).message.split('\n')[0]}`)
  }
}

function checkPart(part: Schema | boolean, places: Readonly<Record<string, Schema | boolean>>): void {
  if (typeof part === 'boolean') return
  const { $ref, __absolute_ref__: whole = $ref, pattern, patternProperties = {} } = part
  if ($ref !== undefined && !(String(whole) in places))
    throw new Error(`$ref "${$ref}" leads nowhere; only places in the schema itself can be meant`)
  for (const one of [...(pattern === undefined ? [] : [pattern]), ...Object.keys(patternProperties)]) new RegExp(one, 'u')
}
