import { createHash, randomBytes } from 'node:crypto'
import type { WrittenCheck } from './check-schema.ts'
import { type Condition, readCondition } from './condition.ts'

/** What a ready-made check stands for, in the words of any other check. */
export interface ReadyMade {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly statuses?: readonly string[]
  readonly expectHeaders?: ReadonlyMap<string, Condition>
  readonly parts?: readonly string[]
  readonly severity?: 'warn'
}

export const READY_MADE = ['health', 'https-redirect', 'security-headers', 'cors', 'websocket'] as const

/** The check that one of these words stands for; undefined for a check that says everything itself. */
export function readyMade(written: WrittenCheck, base: URL): ReadyMade | undefined {
  if (written.health !== undefined) {
    const { path, parts = [] } = written.health
    return { name: `health of ${path}`, method: 'GET', url: path, parts }
  }
  if (written['https-redirect'] !== undefined) return httpsRedirect(written['https-redirect'], base)
  if (written['security-headers'] !== undefined) return securityHeaders(written['security-headers'], base)
  if (written.cors !== undefined) return preflight(written.cors)
  return written.websocket === undefined ? undefined : handshake(written.websocket)
}

function httpsRedirect(path: string, base: URL): ReadyMade {
  const url = new URL(path, `http://${base.hostname}/`)
  const target = readCondition({ matches: `^https://${url.hostname.replaceAll('.', '\\.')}(:\\d+)?/` })
  return {
    name: `${url.href} leads to https`,
    method: 'GET',
    url: url.href,
    statuses: ['301', '302', '307', '308'],
    expectHeaders: new Map([['location', target]]),
  }
}

function securityHeaders(path: string, base: URL): ReadyMade {
  const url = new URL(path, base)
  const rules: [string, unknown][] = [
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', { exists: true }],
    ...(url.protocol === 'https:' ? ([['strict-transport-security', { matches: 'max-age=[1-9]' }]] as [string, unknown][]) : []),
    [FRAMES, { exists: true }],
  ]
  const expectHeaders = new Map(rules.map(([name, rule]) => [name, readCondition(rule)]))
  return { name: `security headers of ${path}`, method: 'GET', url: path, expectHeaders, severity: 'warn' }
}

/** No header of its own: `x-frame-options`, or the newer `frame-ancestors` in `content-security-policy`. */
export const FRAMES = 'x-frame-options'

function preflight({ path, origin, method, headers }: NonNullable<WrittenCheck['cors']>): ReadyMade {
  const asked = {
    origin,
    'access-control-request-method': method,
    ...(headers !== undefined && { 'access-control-request-headers': headers }),
  }
  const expectHeaders = new Map([['access-control-allow-origin', readCondition({ in: [origin, '*'] })]])
  // A method that every page may use anyway need not be listed.
  if (!['GET', 'HEAD', 'POST'].includes(method))
    expectHeaders.set('access-control-allow-methods', readCondition({ matches: `\\b${method}\\b|\\*` }))
  if (headers !== undefined) expectHeaders.set('access-control-allow-headers', readCondition({ exists: true }))
  return { name: `${path} may be called from ${origin}`, method: 'OPTIONS', url: path, headers: asked, expectHeaders }
}

/** RFC 6455: the server proves with this text that it understood the handshake. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

function handshake(path: string): ReadyMade {
  const key = randomBytes(16).toString('base64')
  const accept = createHash('sha1').update(`${key}${MAGIC}`).digest('base64')
  return {
    name: `WebSocket at ${path}`,
    method: 'GET',
    url: path.replace(/^ws/, 'http'),
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key },
    statuses: ['101'],
    expectHeaders: new Map([['sec-websocket-accept', readCondition(accept)]]),
  }
}
