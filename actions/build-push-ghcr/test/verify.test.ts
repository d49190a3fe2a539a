import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcp } from 'node:net'
import { type Answer, FakeClock, FakeExec, FakeLog } from '@deploy-actions/testing'
import { afterEach, expect, test } from '@jest/globals'
import { dockerOf } from '../src/docker.ts'
import { Engine } from '../src/engine.ts'
import type { Built } from '../src/target.ts'
import { verify } from '../src/verify.ts'
import { type VerifySpec, verifyText } from '../src/verify-spec.ts'
import type { WorkFolder } from '../src/work-folder.ts'

const servers: { close(): void }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const written = new Map<string, string>()
const work = {
  dockerConfig: '/work',
  buildxConfig: '/buildx',
  write: (name: string, text: string) => {
    written.set(name, text)
    return `/kept/${name}`
  },
} as unknown as WorkFolder

const built = { target: { name: 'web', reference: { registry: 'ghcr.io', repository: 'acme/web' } } } as unknown as Built

/** How a container is, as `docker inspect` says it. */
function inspected(state: { running?: boolean; code?: number; health?: string; port?: [number, number] } = {}): Answer {
  const { running = true, code = 0, health, port } = state
  const Ports = port === undefined ? {} : { [`${port[0]}/tcp`]: [{ HostPort: String(port[1]) }] }
  return {
    stdout: JSON.stringify([
      { State: { Running: running, ExitCode: code, ...(health && { Health: { Status: health } }) }, NetworkSettings: { Ports } },
    ]),
  }
}

function run(spec: string, answers: Record<string, Answer>) {
  const exec = new FakeExec({
    'docker network create': {},
    'docker run': {},
    'docker logs': { stdout: 'first line\nlast line\n' },
    'docker image inspect': {},
    ...answers,
  })
  const docker = dockerOf({ exec, env: {}, work })
  const engine = new Engine({ docker, steady: docker, work }, 'key')
  const log = new FakeLog()
  const ports = { engine, log, clock: new FakeClock(), fetch, signal: new AbortController().signal }
  return { exec, log, done: verify(built, { reference: 'ghcr.io/acme/web@sha256:x' }, verifyText.read(spec) as VerifySpec, ports) }
}

async function listening(server: Server | ReturnType<typeof createTcp>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return (server.address() as AddressInfo).port
}

test('a HEALTHCHECK decides where there is one', async () => {
  expect((await run('auto', { 'docker container inspect': inspected({ health: 'healthy' }) }).done).how).toBe(
    'its HEALTHCHECK says healthy',
  )
  await expect(run('timeout: 2s', { 'docker container inspect': inspected({ health: 'unhealthy' }) }).done).rejects.toMatchObject({
    code: 'DA-START-FAILED',
    message: expect.stringContaining('not ready after 2 s: its HEALTHCHECK says unhealthy. Its last line: last line'),
  })
})

test('without one the container has to run for three seconds', async () => {
  expect((await run('auto', { 'docker container inspect': inspected() }).done).how).toContain('it runs for 3 s')
  await expect(run('auto', { 'docker container inspect': inspected({ running: false, code: 0 }) }).done).rejects.toMatchObject({
    message: expect.stringContaining('it ended by itself with code 0'),
    hint: expect.stringContaining('verify: { exit: 0 }'),
  })
})

test('a job has to end with its code', async () => {
  expect((await run('exit: 3', { 'docker container inspect': inspected({ running: false, code: 3 }) }).done).how).toBe(
    'it ended with code 3',
  )
  await expect(run('exit: 0', { 'docker container inspect': inspected({ running: false, code: 3 }) }).done).rejects.toMatchObject({
    message: expect.stringContaining('it ended with code 3 instead of 0'),
  })
})

test('a line of the log is waited for, and a container that ended will not write it', async () => {
  expect((await run('log: "^first"', { 'docker container inspect': inspected() }).done).how).toBe('its log has /^first/')
  await expect(run('log: never', { 'docker container inspect': inspected({ running: false, code: 1 }) }).done).rejects.toMatchObject({
    message: expect.stringContaining('no line of its log matches /never/'),
  })
})

test("Docker's proxy takes every connection: a port counts only when the connection stays", async () => {
  const stays = await listening(createTcp(() => undefined))
  const ends = await listening(createTcp((socket) => void socket.destroy()))
  expect((await run('port: 80', { 'docker container inspect': inspected({ port: [80, stays] }) }).done).how).toBe('it listens at 80')
  await expect(
    run('{ port: 80, timeout: 1s }', { 'docker container inspect': inspected({ port: [80, ends] }) }).done,
  ).rejects.toMatchObject({
    message: expect.stringContaining('nothing listens at 80'),
  })
})

test('an answer is judged by its status', async () => {
  const port = await listening(createServer((request, response) => void response.writeHead(request.url === '/health' ? 204 : 503).end()))
  const answers = { 'docker container inspect': inspected({ port: [80, port] }) }
  expect((await run('{ port: 80, path: /health }', answers).done).how).toBe('GET /health at 80 is 204')
  expect((await run('{ port: 80, path: /, status: [503, 200] }', answers).done).how).toBe('GET / at 80 is 503')
  await expect(run('{ port: 80, path: /, timeout: 1s }', answers).done).rejects.toMatchObject({
    message: expect.stringContaining('GET / at 80 is 503'),
  })
})

test('companions start first, on the same private network, and values stand in no command line', async () => {
  const spec =
    '{ env: { URL: "postgres://secret-value@db" }, with: { db: { image: "postgres:17", env: { PASSWORD: secret-value, KEY: "a\\nsecret-value" } } } }'
  const { exec, done } = run(spec, { 'docker container inspect': inspected() })
  await done
  const started = exec.ran.filter((line) => line.startsWith('docker run'))
  expect(started.map((line) => /--network-alias (\S+)/.exec(line)?.[1])).toEqual(['db', 'web'])
  expect(new Set(started.map((line) => /--network (\S+)/.exec(line)?.[1]))).toEqual(new Set(['key-web']))
  expect(exec.ran.join('\n')).not.toContain('secret-value')
  expect(started[0]).toContain('--env-file /kept/env-key-web-db --env KEY ')
  expect([...written.values()]).toContain('PASSWORD=secret-value\n')
})

test('a companion that does not get ready is named as that', async () => {
  const spec = '{ with: { db: { image: "postgres:17", port: 5432, timeout: 1s } } }'
  await expect(run(spec, { 'docker container inspect': inspected() }).done).rejects.toMatchObject({
    message: expect.stringContaining('"db", which the image "web" needs, does not start as it should'),
  })
})
