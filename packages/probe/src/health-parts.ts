import { type Redact, shown } from './condition.ts'

/** Words by which an app says that a part of it is well. */
const WELL = /^(ok|okay|up|healthy|pass(ed|ing)?|working|available|connected|alive|ready|running|good|green|true|yes|1)$/i
/** Where apps keep the parts in a health answer, besides its top: Spring, .NET, Terminus, RFC drafts, django-health-check. */
const HOLDERS = ['checks', 'components', 'details', 'dependencies', 'services', 'entries', 'info', 'error', 'status', 'results']
/** What says how a part is, when it is an object. */
const SAYERS = ['status', 'state', 'healthy', 'ok', 'up', 'result', 'health', 'connected']

/**
 * What is not well of the parts that a deep health answer should have: `{"database": "ok"}`, `{"checks": {"redis": {"status": "up"}}}`, and the
 * like; names are compared without case and signs. Undefined when all are well.
 */
export function unwellPart(json: unknown, parts: readonly string[], redact: Redact): string | undefined {
  for (const part of parts) {
    const found = findPart(json, part)
    if (found === undefined) return `the health answer says nothing of \`${part}\``
    if (!isWell(found)) return `\`${part}\` is not well: ${shown(found, redact)}`
  }
  return undefined
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

function findPart(json: unknown, part: string): unknown {
  if (json === null || typeof json !== 'object') return undefined
  if (Array.isArray(json)) return json.find((one) => plain(String(one?.name ?? one?.component ?? '')) === plain(part))
  const direct = Object.entries(json).find(([name]) => plain(name) === plain(part))
  if (direct) return Array.isArray(direct[1]) && direct[1].length === 1 ? direct[1][0] : direct[1]
  for (const holder of HOLDERS) {
    const found = findPart((json as Record<string, unknown>)[holder], part)
    if (found !== undefined) return found
  }
  return undefined
}

function isWell(value: unknown): boolean {
  if (value === null || value === undefined) return false
  if (typeof value !== 'object') return WELL.test(String(value))
  const said = SAYERS.map((name) => (value as Record<string, unknown>)[name]).find((one) => one !== undefined)
  return said !== undefined && isWell(said)
}
