import { type Schema, Validator } from '@cfworker/json-schema'
import { Mistake } from '@deploy-actions/kit'

/** Says what of a value breaks the schema, or nothing. */
export type JsonSchema = (value: unknown) => string | undefined

/** JSON Schema 2020-12, without code made at run time. This file is the only importer of the library. @throws Mistake for what is no schema */
export function jsonSchema(schema: unknown): JsonSchema {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) throw new Mistake('must be a JSON Schema, which is a mapping')
  const validator = new Validator(schema as Schema, '2020-12', false)
  try {
    validator.validate(null)
  } catch (error) {
    throw new Mistake(`is no JSON Schema that can be used: ${(error as Error).message.split('\n')[0]}`)
  }
  return (value) => {
    const { valid, errors } = validator.validate(value)
    const deepest = errors.at(-1)
    return valid ? undefined : `${deepest?.instanceLocation ?? '#'}: ${deepest?.error ?? 'does not fit'}`
  }
}
