import { FakeClock } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { docrVersions } from '../src/docr-versions.ts'
import { versionSource } from '../src/version-source.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const image = { registry: 'registry.digitalocean.com', repository: 'acme/shop/web' }

/** DigitalOcean's registry API with 150 manifests in two pages. */
function fakeApi(more: (method: string, path: string) => Response | undefined = () => undefined) {
  const asked: string[] = []
  const manifests = Array.from({ length: 150 }, (_, at) => ({
    digest: digest((at % 10).toString()),
    tags: at === 0 ? ['v1'] : undefined,
    updated_at: '2026-01-01T00:00:00Z',
  }))
  const fetch = async (input: unknown, init: RequestInit = {}) => {
    const url = new URL(String(input))
    const { method = 'GET', headers } = init
    asked.push(`${method} ${url.pathname}${url.search}`)
    const own = more(method, url.pathname)
    if (own !== undefined) return own
    if ((headers as Record<string, string>).authorization !== 'Bearer dop_token')
      return new Response('{"id":"Unauthorized"}', { status: 401 })
    if (method === 'DELETE') return new Response(null, { status: 204 })
    const page = Number(url.searchParams.get('page'))
    const links = page === 1 ? { pages: { next: 'https://api.digitalocean.com/…' } } : {}
    return Response.json({ manifests: manifests.slice((page - 1) * 100, page * 100), links, meta: { total: 150 } })
  }
  const ports = { fetch: fetch as typeof globalThis.fetch, clock: new FakeClock(), signal: new AbortController().signal }
  return { asked, ports, source: (token = 'dop_token') => docrVersions(image, { api: 'https://api.digitalocean.com', token }, ports) }
}

test('all pages are read, of the repository below the registry', async () => {
  const api = fakeApi()
  const versions = await api.source().list()
  expect([versions.length, versions[0]?.tags, versions[1]?.tags]).toEqual([150, ['v1'], []])
  expect(api.asked).toEqual([
    'GET /v2/registry/acme/repositories/shop%2Fweb/digests?per_page=100&page=1',
    'GET /v2/registry/acme/repositories/shop%2Fweb/digests?per_page=100&page=2',
  ])
})

test('a manifest is deleted by its digest', async () => {
  const api = fakeApi()
  const [version] = await api.source().list()
  expect(await api.source().remove(version as never)).toEqual({ removed: true, absent: false })
  expect(api.asked.at(-1)).toBe(`DELETE /v2/registry/acme/repositories/shop%2Fweb/digests/${digest('0')}`)
})

test('a token that may not is told with the scopes that it needs', async () => {
  await expect(fakeApi().source('x').list()).rejects.toMatchObject({
    code: 'DA-CLEANUP-API',
    hint: expect.stringContaining('registry:delete'),
  })
})

test('a limit with a short pause is waited for, one with a long pause is told', async () => {
  let times = 0
  const once = fakeApi(() => {
    times += 1
    return times === 1 ? new Response('', { status: 429, headers: { 'retry-after': '5' } }) : undefined
  })
  expect(await once.source().list()).toHaveLength(150)
  const always = fakeApi(() => new Response('', { status: 429, headers: { 'retry-after': '600' } }))
  await expect(always.source().list()).rejects.toMatchObject({
    code: 'DA-CLEANUP-API',
    message: expect.stringContaining('for another 600 s'),
  })
})

test('any other registry cannot list what has no tag, and says so', () => {
  const access = { githubApi: '', githubToken: undefined, password: 'x', digitaloceanApi: '', digitaloceanToken: undefined }
  expect(() => versionSource({ registry: 'registry.example.com', repository: 'a' }, access, fakeApi().ports)).toThrow(
    expect.objectContaining({ code: 'DA-CLEANUP-REGISTRY' }),
  )
})
