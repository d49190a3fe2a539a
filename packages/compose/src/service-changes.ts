import { canonicalJson, sha256 } from './canonical-json.ts'
import type { ComposeService } from './compose-model.ts'
import { dataMounts } from './data-mounts.ts'
import { recreating } from './service-hash.ts'

/** Fields of a service, `environment.NAME` for each variable, and `data` for where its data are, with the beginning of the sha256 of each value: values may be secrets. */
export type ServiceFields = Readonly<Record<string, string>>

/** For release.json: what the next run compares. */
export function fieldsOf(service: ComposeService): ServiceFields {
  const { image: _image, environment = {}, ...rest } = recreating(service)
  const variables = Object.entries(environment).map(([name, value]) => [`${VARIABLE}${name}`, value] as const)
  const all = [...Object.entries(rest), ...variables, [DATA, dataMounts(service)] as const]
  return Object.fromEntries(all.map(([field, value]) => [field, shortHash(value)]))
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
  const names = new Set([...Object.keys(live), ...Object.keys(planned)])
  return [...names].filter((field) => field !== DATA && live[field] !== planned[field]).sort()
}

/** Whether the service finds other files than the live one: in other volumes or folders, whatever else is mounted. Without knowing they are the same. */
export function dataMoved(live: ServiceFields | undefined, service: ComposeService): boolean {
  if (live?.[DATA] === undefined) return changedFields(live, service).includes('volumes')
  return live[DATA] !== fieldsOf(service)[DATA]
}

/** Whether it is known that the live service writes to no volume and no folder. */
export const writesNothing = (live: ServiceFields | undefined): boolean => live?.[DATA] === shortHash([])

const VARIABLE = 'environment.'
/** No field of Compose's, and part of `volumes`: it is no change of its own. */
const DATA = 'data'

const shortHash = (value: unknown): string => sha256(canonicalJson(value)).slice(0, 16)
