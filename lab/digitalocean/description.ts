import { readFileSync } from 'node:fs'
import { type Lookup, type Schema, violations } from './json-schema.ts'

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
  readonly $ref?: string
}

interface Documented {
  readonly requestBody?: Content
  readonly responses?: Readonly<Record<string, Content>>
}

/** DigitalOcean's own description of its API, where a copy is at hand: another judge of everything that goes over the wire. */
export interface Description {
  /** What a request or an answer of `GET /v2/apps/{id}` breaks; undefined where the description does not have that operation. */
  request(method: string, path: string, body: unknown): readonly string[] | undefined
  response(method: string, path: string, status: number, body: unknown): readonly string[] | undefined
}

/** @param path of an OpenAPI file in JSON; without one there is no description */
export function descriptionAt(path: string | undefined): Description | undefined {
  if (path === undefined || path === '') return undefined
  const document = JSON.parse(readFileSync(path, 'utf8')) as { paths: Record<string, Record<string, Documented>> }
  const lookup = <T = Schema>(ref: string): T =>
    ref
      .slice(2)
      .split('/')
      .reduce((node: unknown, key) => (node as Record<string, unknown>)[key.replaceAll('~1', '/').replaceAll('~0', '~')], document) as T
  const bare = (text: string) => text.replace(/\{[^}]+\}/g, '{}')
  const find = (method: string, path: string): Documented | undefined =>
    Object.entries(document.paths).find(([one]) => bare(one) === bare(path))?.[1][method.toLowerCase()]
  const schemaIn = (content: Content | undefined): Schema | undefined => {
    const whole = content?.$ref === undefined ? content : lookup<Content>(content.$ref)
    return whole?.content?.['application/json']?.schema
  }
  const judge = (value: unknown, schema: Schema | undefined) => (schema === undefined ? [] : violations(value, schema, lookup as Lookup))
  return {
    request(method, path, body) {
      const operation = find(method, path)
      return operation && (body === undefined ? [] : judge(body, schemaIn(operation.requestBody)))
    },
    response(method, path, status, body) {
      const operation = find(method, path)
      return operation && judge(body, schemaIn(operation.responses?.[status] ?? operation.responses?.default))
    },
  }
}
