import { Mistake } from '@deploy-actions/kit'
import { compile, type JSONPathQuery } from 'json-p3'

/** A path of RFC 9535 into JSON, such as `$.items[0].name`. */
export interface JsonPath {
  readonly text: string
  /** The value, or undefined where there is none. A path that can meet several (`$.items[*].id`) gives their list. */
  find(json: unknown): unknown
  /** Whether there is anything at it: a list of none is nothing. */
  exists(json: unknown): boolean
}

/** This file is the only importer of json-p3. @throws Mistake for what is no path */
export function jsonPath(text: string): JsonPath {
  let query: JSONPathQuery
  try {
    query = compile(text)
  } catch (error) {
    throw new Mistake(`"${text}" is no JSONPath: ${(error as Error).message}; write it like $.items[0].name`)
  }
  const single = query.singularQuery()
  const valuesAt = (json: unknown) => query.query(json as Parameters<JSONPathQuery['query']>[0]).values()
  return {
    text,
    find: (json) => (single ? valuesAt(json)[0] : valuesAt(json)),
    exists: (json) => valuesAt(json).length > 0,
  }
}
