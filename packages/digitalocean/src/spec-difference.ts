import { isEncrypted } from './encrypted.ts'
import { type Json, type JsonObject, sameJson } from './json-value.ts'
import { leavesOf } from './leaves.ts'

/** One leaf that is another in a spec than before. */
export interface Change {
  /** `services.web.image.digest`. */
  readonly path: string
  /** Undefined: it was not there. */
  readonly before: Json | undefined
  /** Undefined: it goes. */
  readonly after: Json | undefined
}

/** What the platform takes where nothing is said (`default` in digitalocean/openapi, models/app_*.yml): such a leaf may come and go without meaning anything. */
const DEFAULTS: Readonly<Record<string, readonly Json[]>> = {
  scope: ['RUN_AND_BUILD_TIME', 'UNSET'],
  type: ['GENERAL'],
  instance_count: [1],
  http_port: [8080],
  instance_size_slug: ['apps-s-1vcpu-0.5gb'],
  kind: ['POST_DEPLOY', 'UNSPECIFIED'],
  tag: ['latest'],
  protocol: ['HTTP'],
  enabled: [false],
  disable_edge_cache: [false],
  disable_email_obfuscation: [false],
  enhanced_threat_control_enabled: [false],
}

/** The leaves in which two specs differ, in the order of the new one. The order of named things does not count. */
export function differences(before: JsonObject, after: JsonObject): Change[] {
  const [old, now] = [leavesOf(before), leavesOf(after)]
  const paths = [...new Set([...now.keys(), ...old.keys()])]
  return paths
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }))
    .filter((change) => !sameJson(change.before, change.after) && !isDefault(change))
}

function isDefault({ path, before, after }: Change): boolean {
  const meant = DEFAULTS[path.slice(path.lastIndexOf('.') + 1)]
  const is = (value: Json | undefined) => value === undefined || (meant?.some((one) => sameJson(one, value)) ?? false)
  const empty = (value: Json | undefined) => value === undefined || sameJson(value, []) || sameJson(value, {})
  return (meant !== undefined && is(before) && is(after)) || (empty(before) && empty(after))
}

/**
 * Whether these changes stand in a spec that the API shows. A secret comes back encrypted: then it only has to be another one than it was.
 */
export function stands(changes: readonly Change[], spec: JsonObject): boolean {
  const there = leavesOf(spec)
  return changes.every(({ path, before, after }) => {
    const value = there.get(path)
    if (after !== undefined && isEncrypted(value) && !isEncrypted(after)) return !sameJson(value, before)
    return sameJson(value, after) || isDefault({ path, before: value, after })
  })
}

/** Leaves whose values a log may show: what a person needs to see, and where nobody keeps a secret. */
const SHOWN =
  /(^|\.)(digest|tag|repository|registry|registry_type|branch|repo|instance_count|min_instance_count|max_instance_count|instance_size_slug|http_port|kind|name|domain|region|enabled|deploy_on_push|engine|version|production|size|num_nodes|cron|http_path|scope|type|archive)$/

/** A change in words. Values of variables are never shown, whatever their type says. */
export function changeInWords(change: Change): string {
  const { path, before, after } = change
  const shown = SHOWN.test(path) && !/\.envs\.[^.]+\.value$/.test(path)
  if (!shown) return `${path} ${before === undefined ? 'is new' : after === undefined ? 'goes' : 'changes'}`
  if (before === undefined) return `${path} is new: ${written(after)}`
  return after === undefined ? `${path} goes, it was ${written(before)}` : `${path} ${written(before)} → ${written(after)}`
}

/** A digest is told by its first digits, as on hosts. */
const written = (value: Json | undefined): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^sha256:[0-9a-f]{64}$/.test(text) ? text.slice(7, 14) : text
}
