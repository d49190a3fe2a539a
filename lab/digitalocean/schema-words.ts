import type { Schema } from './json-schema.ts'

/** Our own idea of what goes over the wire: always checked, also where the official description is not at hand. */
export interface Operation {
  readonly method: string
  /** With `{id}` for what varies. */
  readonly path: string
  /** What a token has to be allowed. */
  readonly scope: string
  readonly request?: Schema
  readonly response?: Schema
  /** Of success; 200 when left out. */
  readonly status?: number
}

export const text: Schema = { type: 'string' }
export const time: Schema = { type: 'string', format: 'date-time' }
export const strict = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
export const loose = (properties: Record<string, Schema>, required: string[] = []): Schema => ({ type: 'object', properties, required })
export const list = (items: Schema): Schema => ({ type: 'array', items })

/** Of every list that comes in pages. */
export const pages = { links: loose({}), meta: loose({ total: { type: 'integer' } }, ['total']) }
