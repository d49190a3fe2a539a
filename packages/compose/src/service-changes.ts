import { canonicalJson, sha256 } from './canonical-json.ts'
import type { ComposeService } from './compose-model.ts'
import { recreating } from './service-hash.ts'

/** Fields of a service, and `environment.NAME` for each variable, with the beginning of the sha256 of each value: values may be secrets. */
export type ServiceFields = Readonly<Record<string, string>>

/** For release.json: what the next run compares. */
export function fieldsOf(service: ComposeService): ServiceFields {
  const { image: _image, environment = {}, ...rest } = recreating(service)
  const fields = Object.entries(rest).filter(([, value]) => !saysNothing(value))
  const variables = Object.entries(environment).map(([name, value]) => [`${VARIABLE}${name}`, value] as const)
  return Object.fromEntries([...fields, ...variables].map(([field, value]) => [field, sha256(canonicalJson(value)).slice(0, 16)]))
}

/** What differs from the live release, in words: `command`, variables A, B. Empty where only the image does, or nothing is known. */
export function changesOf(live: ServiceFields | undefined, service: ComposeService): string[] {
  const changed = changedFields(live, service)
  const variables = changed.filter((field) => field.startsWith(VARIABLE)).map((field) => field.slice(VARIABLE.length))
  const fields = changed.filter((field) => !field.startsWith(VARIABLE)).map((field) => `\`${field}\``)
  return variables.length === 0 ? fields : [...fields, `${variables.length === 1 ? 'variable' : 'variables'} ${variables.join(', ')}`]
}

export function changedFields(live: ServiceFields | undefined, service: ComposeService): string[] {
  if (live === undefined) return []
  const planned = fieldsOf(service)
  return [...new Set([...Object.keys(live), ...Object.keys(planned)])].filter((field) => live[field] !== planned[field]).sort()
}

const VARIABLE = 'environment.'

/** One version of Compose prints `entrypoint: null` or `deploy: {}`, and another leaves it out. */
const saysNothing = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && (value === null || Object.keys(value).length === 0))
