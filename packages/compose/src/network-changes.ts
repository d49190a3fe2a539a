import { canonicalJson, sha256 } from './canonical-json.ts'
import type { ComposeModel, ComposeNetwork } from './compose-model.ts'
import { realName } from './service-names.ts'

/** Of the networks that a release makes, by their names on the host: each field with the sha256 of its value, which may come from a secret. */
export type NetworkDefinitions = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A network of which something changed since the live release: Docker cannot change one that exists. */
export interface NetworkChange {
  readonly name: string
  /** Like `ipam` or `internal`. */
  readonly fields: readonly string[]
}

/** For release.json: what the next run compares. */
export function networkDefinitions({ networks = {} }: ComposeModel, project: string): NetworkDefinitions {
  const own = Object.entries(networks).filter(([, network]) => network?.external !== true)
  return Object.fromEntries(own.map(([key, network]) => [realName(project, key, network), definitionOf(network)]))
}

/** Networks of both whose definitions differ; a live release that tells none is of an earlier version, and nothing is known. */
export function networkChanges(live: NetworkDefinitions | undefined, planned: NetworkDefinitions): NetworkChange[] {
  return Object.entries(planned).flatMap(([name, definition]) => {
    const before = live?.[name]
    if (before === undefined) return []
    const fields = [...new Set([...Object.keys(before), ...Object.keys(definition)])].sort()
    const changed = fields.filter((field) => before[field] !== definition[field])
    return changed.length === 0 ? [] : [{ name, fields: changed }]
  })
}

/** Without what says nothing, which one version of Compose prints and another does not: `ipam: {}`, `internal: false`. */
function definitionOf(network: ComposeNetwork | null): Record<string, string> {
  const { name: _name, ...definition } = network ?? {}
  const saying = (value: unknown) => value !== null && value !== false && !(typeof value === 'object' && Object.keys(value).length === 0)
  const fields = Object.entries(definition).filter(([field, value]) => !field.startsWith('x-') && saying(value))
  return Object.fromEntries(fields.map(([field, value]) => [field, sha256(canonicalJson(value))]))
}
