import { readFileSync } from 'node:fs'
import type { Schema } from './json-schema.ts'

/** Every field that DigitalOcean's description has for an app spec, by its path with the lists left out: `services.image.digest`. */
export function describedFields(path: string): string[] {
  const { components } = JSON.parse(readFileSync(path, 'utf8')) as { components: { schemas: Record<string, Schema> } }
  const found = new Set<string>()
  const walk = (schema: Schema | undefined, at: string): void => {
    if (schema === undefined) return
    if (schema.$ref !== undefined) walk(components.schemas[schema.$ref.split('/').at(-1) ?? ''], at)
    for (const one of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) walk(one, at)
    walk(schema.items, at)
    for (const [key, one] of Object.entries(schema.properties ?? {})) {
      found.add(at === '' ? key : `${at}.${key}`)
      walk(one, at === '' ? key : `${at}.${key}`)
    }
  }
  walk(components.schemas.app_spec, '')
  return [...found]
}

/** The fields that a value has, in the same form. */
export function fieldsOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => fieldsOf(one, at)))]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => {
    const path = at === '' ? key : `${at}.${key}`
    return [path, ...fieldsOf(one, path)]
  })
}
