import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import { FakeClock, FakeExec, FakeLog, FakeRunner, FakeS3, inputsOf, runBundle } from '@deploy-actions/testing'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { typeOf } from '../src/content-type.ts'
import { check, inputs } from '../src/inputs.ts'
import { publish } from '../src/publish.ts'

let store: FakeS3
let cdn: Cdn
let workspace: string
let log: FakeLog
beforeEach(async () => {
  store = await new FakeS3().start()
  cdn = await openCdn(store)
  workspace = mkdtempSync(join(tmpdir(), 'assets-test-'))
  log = new FakeLog()
  write({
    'dist/app.3f9ac2d1.js': 'export {}',
    'dist/app.3f9ac2d1.js.map': '{}',
    'dist/css/site.77aa01bc.css': 'a{}',
    'dist/logo.svg': '<svg/>',
  })
})
afterEach(async () => {
  rmSync(workspace, { recursive: true })
  await store.stop()
  cdn.server.closeAllConnections()
  await new Promise((resolve) => cdn.server.close(resolve))
})

interface Cdn {
  readonly server: Server
  readonly url: string
  /** Paths that were asked for. */
  readonly asked: string[]
  /** Answers with that instead. */
  broken?: { status?: number; type?: string; length?: number }
}

/** What visitors see of the bucket. */
async function openCdn(of: FakeS3): Promise<Cdn> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const object = of.objects.get(decodeURIComponent((request.url ?? '').slice(1)))
    const isPublic = object?.headers?.['x-amz-acl'] === 'public-read'
    response.writeHead(cdn.broken?.status ?? (isPublic ? 200 : 403), {
      'content-type': cdn.broken?.type ?? object?.headers?.['content-type'] ?? 'text/html',
      'content-length': String(cdn.broken?.length ?? object?.bytes.length ?? 0),
    })
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true })
    writeFileSync(join(workspace, name), text)
  }
}

const given = (changes: Readonly<Record<string, string>> = {}) => ({
  ...{ folder: 'dist', 's3-bucket': 'backups', 's3-endpoint': store.endpoint, 's3-prefix': 'assets', acl: 'public-read' },
  ...{ 's3-access-key': store.accessKey, 's3-secret-key': store.secretKey },
  ...changes,
})
const read = (changes: Readonly<Record<string, string>> = {}) => inputsOf('publish-assets', inputs, given(changes), check)

async function run(changes: Readonly<Record<string, string>> = {}, exec = new FakeExec()) {
  const runner = new FakeRunner()
  const secrets = createSecrets()
  const outputs = createOutputs(runner, secrets)
  const ports = {
    log,
    outputs,
    summary: createSummary(runner, secrets),
    exec,
    env: { GITHUB_WORKSPACE: workspace, RUNNER_TEMP: workspace },
  }
  const { signal } = new AbortController()
  await publish(read(changes), { ...ports, clock: new FakeClock(), fetch, signal })
  return Object.fromEntries(runner.outputs)
}

const keys = () => [...store.objects.keys()].sort()
const headersOf = (key: string) => store.objects.get(key)?.headers

test('every file goes into the bucket with its type, for a year, and source maps do not', async () => {
  expect(await run()).toMatchObject({ status: 'published', sent: '3', files: '3' })
  expect(keys()).toEqual(['assets/app.3f9ac2d1.js', 'assets/css/site.77aa01bc.css', 'assets/logo.svg'])
  expect(headersOf('assets/app.3f9ac2d1.js')).toMatchObject({
    ...{
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-amz-acl': 'public-read',
    },
  })
  expect(headersOf('assets/logo.svg')?.['content-type']).toBe('image/svg+xml')
})

test('what is there is not sent again, and what an earlier release had stays', async () => {
  await run()
  rmSync(join(workspace, 'dist/css'), { recursive: true })
  write({ 'dist/app.90ffe120.js': 'export {}' })
  store.asked.length = 0
  expect(await run()).toMatchObject({ status: 'published', sent: '1', files: '3' })
  expect(store.asked.filter((line) => line.startsWith('PUT'))).toEqual(['PUT assets/app.90ffe120.js'])
  expect(keys()).toContain('assets/css/site.77aa01bc.css')
  expect(await run()).toMatchObject({ status: 'unchanged', sent: '0' })
})

test('a file that is there with other bytes is refused before anything is sent', async () => {
  await run()
  write({ 'dist/logo.svg': '<SVG/>', 'dist/new.js': '1' })
  await expect(run()).rejects.toMatchObject({ code: 'DA-ASSETS-CHANGED', message: expect.stringContaining('assets/logo.svg') })
  expect(keys()).not.toContain('assets/new.js')
})

test('with `overwrite` it takes its place, and all are sent', async () => {
  await run()
  write({ 'dist/logo.svg': '<SVG/>' })
  expect(await run({ overwrite: 'true', 'cache-control': 'public, max-age=60' })).toMatchObject({ sent: '3' })
  expect(store.text('assets/logo.svg')).toBe('<SVG/>')
})

test('a rehearsal sends nothing and says how much it would be', async () => {
  expect(await run({ 'dry-run': 'true' })).toMatchObject({ status: 'planned', sent: '0', files: '3' })
  expect(keys()).toEqual([])
  expect(log.text()).toContain('would send 3 of 3 files')
})

describe('asked for as visitors do', () => {
  test('each file comes with its type, also what an earlier run has sent', async () => {
    await run()
    await run({ url: `${cdn.url}/assets` })
    expect(cdn.asked.sort()).toEqual(['HEAD /assets/app.3f9ac2d1.js', 'HEAD /assets/css/site.77aa01bc.css', 'HEAD /assets/logo.svg'])
  })

  test.each([
    ['a bucket that nobody may read', { acl: '' }, undefined, 'status 403'],
    ['an address that gives a page for everything', {}, { status: 200, type: 'text/html' }, 'the type text/html instead of'],
    ['a file that comes by half', {}, { length: 2 }, '2 bytes instead of'],
  ])('%s fails the step', async (_what, changes, broken, words) => {
    if (broken) cdn.broken = broken
    await expect(run({ url: `${cdn.url}/assets`, ...changes })).rejects.toMatchObject({
      ...{ code: 'DA-ASSETS-UNREACHABLE', message: expect.stringContaining(words) },
    })
  })
})

test('what is there gets the right that was forgotten by being sent once more', async () => {
  await run({ acl: '' })
  await expect(run({ url: `${cdn.url}/assets` })).rejects.toMatchObject({
    hint: expect.stringContaining('`overwrite: true` sends it anew'),
  })
  await run({ url: `${cdn.url}/assets`, overwrite: 'true' })
  expect(headersOf('assets/logo.svg')).toMatchObject({ 'x-amz-acl': 'public-read' })
})

test('with `immutable` not even `overwrite` changes bytes', async () => {
  await run()
  write({ 'dist/logo.svg': '<SVG/>' })
  await expect(run({ overwrite: 'true' })).rejects.toMatchObject({ code: 'DA-ASSETS-CHANGED' })
})

test('another name of the same type, that somebody else gave it, is no error', async () => {
  write({ 'dist/app.3f9ac2d1.js': 'x' })
  store.objects.set('assets/app.3f9ac2d1.js', {
    ...{ bytes: Buffer.from('x'), modified: new Date() },
    headers: { 'content-type': 'application/javascript', 'x-amz-acl': 'public-read' },
  })
  await run({ url: `${cdn.url}/assets` })
  expect(cdn.asked).toHaveLength(3)
})

test.each([
  ['favicon.ico', 'image/x-icon'],
  ['a/b.MJS', 'text/javascript; charset=utf-8'],
  ['site.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['font.woff2', 'font/woff2'],
  ['js', 'application/octet-stream'],
])('%s is %s', (name, type) => {
  expect(typeOf(name)).toBe(type)
})

describe('out of an image', () => {
  const image = `ghcr.io/acme/web@sha256:${'a'.repeat(64)}`
  const of = { folder: '', image, path: '/app/static' }

  test('the folder is copied, nothing is started, and the container goes', async () => {
    const exec = new FakeExec({ 'docker pull': {}, 'docker create': {}, 'docker cp': {}, 'docker rm': {} })
    await expect(run(of, exec)).rejects.toMatchObject({
      code: 'DA-ASSETS-NONE',
      message: `/app/static of ${image} has no files to publish`,
    })
    const [, name = ''] = /--name (\S+)/.exec(exec.ran[1] ?? '') ?? []
    expect(exec.ran).toEqual([
      `docker pull --quiet ${image}`,
      `docker create --pull never --name ${name} --network none --entrypoint /none ${image}`,
      expect.stringMatching(new RegExp(`^docker cp ${name}:/app/static/. .*/${name}$`)),
      `docker rm --force --volumes ${name}`,
    ])
  })

  test('a folder that it does not have is said in the words of Docker, and the container goes', async () => {
    const exec = new FakeExec({
      ...{ 'docker pull': {}, 'docker create': {} },
      'docker cp': { code: 1, stderr: 'Could not find the file /app/static' },
      'docker rm': {},
    })
    await expect(run(of, exec)).rejects.toMatchObject({
      code: 'DA-ASSETS-IMAGE',
      message: expect.stringContaining('Could not find the file'),
    })
    expect(exec.ran.at(-1)).toMatch(/^docker rm --force --volumes assets-/)
  })
})

test.each(['.env', '.ENV', '.env.production', '.git/config', '.aws/credentials', 'keys/id_ed25519', 'tls/site.key', 'dump.sql'])(
  'a folder with %s is refused',
  async (name) => {
    write({ [`dist/${name}`]: 'x' })
    await expect(run()).rejects.toMatchObject({ code: 'DA-ASSETS-PRIVATE', message: expect.stringContaining(name) })
    expect(store.asked).toEqual([])
  },
)

test('a link inside the folder is the file, a link out of it is refused', async () => {
  symlinkSync('logo.svg', join(workspace, 'dist/icon.svg'))
  await run()
  expect(store.text('assets/icon.svg')).toBe('<svg/>')
  write({ secret: 's' })
  symlinkSync('../secret', join(workspace, 'dist/x.js'))
  await expect(run()).rejects.toMatchObject({
    code: 'DA-ASSETS-PRIVATE',
    message: expect.stringContaining('x.js, that leads out of it, or to no file'),
  })
})

test('a folder that is not there is said', async () => {
  await expect(run({ folder: 'build' })).rejects.toMatchObject({ code: 'DA-ASSETS-NONE', message: 'build is no folder' })
})

test.each<[string, Record<string, string>, RegExp]>([
  ['no place', { folder: '' }, /`folder` or `image` is required/],
  ['two places', { image: `a@sha256:${'a'.repeat(64)}`, path: '/x' }, /`folder` and `image` are both given/],
  ['an image by its tag', { folder: '', image: 'acme/web:v1', path: '/x' }, /`image` has no digest/],
  ['an image without a folder', { folder: '', image: `a@sha256:${'a'.repeat(64)}` }, /`path` is required with `image`/],
  ['a path without an image', { path: '/x' }, /`path` is given without `image`/],
  ['a folder elsewhere', { folder: '../secrets' }, /`folder` must be a folder below the workspace/],
  ['the whole workspace', { folder: './x/..' }, /`folder` must be a folder below the workspace/],
  ['the whole image', { folder: '', image: `a@sha256:${'a'.repeat(64)}`, path: '/app/..' }, /`path` must be a folder in the image/],
  ['no store', { 's3-endpoint': '' }, /`s3-region` or `s3-endpoint` is required/],
  ['an open line', { url: 'http://cdn.example.com' }, /`url` must be an https address/],
])('%s is refused', (_what, changes, words) => {
  expect(() => read(changes)).toThrow(words)
})

test('as the runner runs it', async () => {
  const { code, outputs, masks } = await runBundle('publish-assets', { inputs: given(), env: { GITHUB_WORKSPACE: workspace } })
  expect([code, outputs]).toEqual([0, { status: 'published', sent: '3', bytes: '18', files: '3' }])
  expect(masks).toContain(store.secretKey)
})
