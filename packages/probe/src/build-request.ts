import { Attachment, type RequestSpec } from './check.ts'
import type { HttpRequest } from './http-answer.ts'
import { filled, type Variables } from './variables.ts'

/** Who every request is from, unless a check says otherwise. */
const USER_AGENT = 'deploy-actions-smoke-test'

/** A request as it is sent, but for cookies and what only the app's own host gets. @throws NotCaptured */
export async function buildRequest(spec: RequestSpec, base: URL, variables: Variables): Promise<Omit<HttpRequest, 'address'>> {
  const url = new URL(filled(spec.url, variables), base)
  for (const [name, value] of Object.entries(filled(spec.query, variables))) url.searchParams.append(name, String(value))
  const { body, type } = await bodyOf(spec, variables)
  const headers: Record<string, string> = { 'user-agent': USER_AGENT, accept: '*/*' }
  if (type !== undefined) headers['content-type'] = type
  if (body !== undefined) headers['content-length'] = String(body.length)
  if (spec.basic) headers.authorization = basic(filled(spec.basic, variables))
  for (const [name, value] of Object.entries(filled(spec.headers, variables))) headers[name] = String(value)
  return { method: spec.method, url, headers, timeLimitMs: spec.timeLimitMs, ...(body && { body }) }
}

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
