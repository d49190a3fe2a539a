import { validateHeaderName, validateHeaderValue } from 'node:http'
import { Attachment, type RequestSpec } from './check.ts'
import { Unanswered } from './failure.ts'
import type { HttpRequest } from './http-answer.ts'
import { filled, type Variables } from './variables.ts'

/** Who every request is from, unless a check says otherwise. */
const USER_AGENT = 'deploy-actions-smoke-test'

/** A request as it is sent, but for cookies and what only the app's own host gets. @throws NotCaptured, Unanswered for what cannot be sent */
export async function buildRequest(spec: RequestSpec, base: URL, variables: Variables): Promise<Omit<HttpRequest, 'address'>> {
  const url = addressOf(spec, base, variables)
  const { body, type } = await bodyOf(spec, variables)
  const headers: Record<string, string> = { 'user-agent': USER_AGENT, accept: '*/*' }
  if (type !== undefined) headers['content-type'] = type
  if (body !== undefined) headers['content-length'] = String(body.length)
  Object.assign(headers, ownHeaders(spec, variables))
  return { method: spec.method, url, headers, timeLimitMs: spec.timeLimitMs, ...(body && { body }) }
}

/** Where a request goes with these values. @throws NotCaptured, Unanswered */
export function addressOf(spec: Pick<RequestSpec, 'url' | 'query'>, base: URL, variables: Variables): URL {
  const written = String(filled(spec.url, variables))
  const url = URL.canParse(written, base.href) ? new URL(written, base) : undefined
  // The values are not told: they may be secrets.
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw unsendable(`"${spec.url}" is no http address with the values that it has here`)
  for (const [name, value] of Object.entries(filled(spec.query, variables))) url.searchParams.append(name, String(value))
  return url
}

/** The headers that a check writes itself, with these values. @throws NotCaptured, Unanswered */
export function ownHeaders(spec: Pick<RequestSpec, 'headers' | 'basic'>, variables: Variables): Record<string, string> {
  const headers: Record<string, string> = spec.basic ? { authorization: basic(filled(spec.basic, variables)) } : {}
  for (const [name, value] of Object.entries(filled(spec.headers, variables))) headers[name] = String(value)
  for (const [name, value] of Object.entries(headers)) {
    const wrong = whyNoHeader(name, value)
    if (wrong !== undefined) throw unsendable(wrong)
  }
  return headers
}

/** What HTTP forbids of a header; undefined for one that can be sent. */
export function whyNoHeader(name: string, value: string): string | undefined {
  try {
    validateHeaderName(name)
  } catch {
    return `the header ${JSON.stringify(name)} has a name that no header can have`
  }
  try {
    validateHeaderValue(name, value)
    return undefined
  } catch {
    const what = /[\r\n]/.test(value) ? 'a line end' : 'a character'
    return `the header \`${name}\` has ${what} in its value that no header can hold`
  }
}

const unsendable = (message: string): Unanswered => new Unanswered({ cause: 'assertion', message, surroundings: true })

const basic = ({ user, password }: { user: string; password: string }): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

async function bodyOf({ json, form, multipart, body }: RequestSpec, variables: Variables): Promise<{ body?: Buffer; type?: string }> {
  if (json !== undefined) return { body: Buffer.from(JSON.stringify(filled(json, variables))), type: 'application/json' }
  if (body !== undefined) return { body: Buffer.from(String(filled(body, variables))), type: 'text/plain; charset=utf-8' }
  if (form) {
    const pairs = Object.entries(filled(form, variables)).map(([name, value]): [string, string] => [name, String(value)])
    return { body: Buffer.from(new URLSearchParams(pairs).toString()), type: 'application/x-www-form-urlencoded' }
  }
  return multipart ? multipartOf(filled(multipart, variables)) : {}
}

/** Fetch's own FormData writes the parts and their boundary. */
async function multipartOf(parts: Readonly<Record<string, unknown>>): Promise<{ body: Buffer; type: string }> {
  const form = new FormData()
  for (const [field, part] of Object.entries(parts)) {
    if (part instanceof Attachment) form.append(field, new Blob([new Uint8Array(part.content)], { type: part.type }), part.name)
    else form.append(field, String(part))
  }
  const written = new Response(form)
  return { body: Buffer.from(await written.arrayBuffer()), type: written.headers.get('content-type') as string }
}
