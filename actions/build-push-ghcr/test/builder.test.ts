import { type Answer, FakeExec, FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { findBuilder } from '../src/builder.ts'
import { dockerOf } from '../src/docker.ts'

const version = { stdout: 'github.com/docker/buildx v0.17.1 abc\n' }
const inspected = (driver: string) => ({
  stdout: `Name: x\nDriver: ${driver}\n\nNodes:\nName: x0\nStatus: running\nPlatforms: linux/amd64*, linux/arm64\n`,
})

function docker(answers: Record<string, Answer>) {
  const exec = new FakeExec({ 'docker buildx version': version, ...answers })
  const port = dockerOf({ exec, env: {}, work: { dockerConfig: '/work', buildxConfig: '/buildx' } })
  return { exec, ports: { docker: port, steady: port } }
}

test('the builder that is current is used, and so is one by name', async () => {
  const { ports } = docker({ 'docker buildx inspect --bootstrap': inspected('docker-container') })
  expect(await findBuilder(ports, undefined, 'own', new FakeLog())).toEqual({
    name: undefined,
    driver: 'docker-container',
    attests: true,
    platforms: ['linux/amd64', 'linux/arm64'],
  })
  expect(await findBuilder(ports, 'mine', 'own', new FakeLog())).toMatchObject({ name: 'mine' })
})

test("where it is the engine's own, one is made for this step, with a notice", async () => {
  const { exec, ports } = docker({
    'docker buildx inspect --bootstrap': inspected('docker'),
    'docker buildx inspect --bootstrap own': inspected('docker-container'),
    'docker buildx create': {},
  })
  const log = new FakeLog()
  expect(await findBuilder(ports, undefined, 'own', log)).toMatchObject({ name: 'own', driver: 'docker-container' })
  expect(exec.ran).toContain('docker buildx create --name own --driver docker-container --bootstrap')
})

test.each<[string, Record<string, Answer>, string | undefined, string, string]>([
  ['no buildx', { 'docker buildx version': { code: 1 } }, undefined, 'DA-BUILDX', 'has no buildx'],
  [
    'an old buildx',
    { 'docker buildx version': { stdout: 'github.com/docker/buildx v0.10.4' } },
    undefined,
    'DA-BUILDX',
    'buildx 0.10 is too old',
  ],
  ["the engine's own by name", { 'docker buildx inspect': inspected('docker') }, 'default', 'DA-BUILDER', 'cannot push by digest'],
  [
    'a name that nobody has',
    { 'docker buildx inspect': { code: 1, stderr: 'ERROR: no builder "x" found' } },
    'x',
    'DA-BUILDER',
    'does not work: no builder "x" found',
  ],
  [
    'one that does not answer',
    { 'docker buildx inspect': { stdout: 'Driver: remote\nError: dial unix /x: connect: connection refused\n' } },
    undefined,
    'DA-BUILDER',
    'connection refused',
  ],
  [
    'no image for one of our own',
    { 'docker buildx inspect': inspected('docker'), 'docker buildx create': { code: 1, stderr: 'pull access denied' } },
    undefined,
    'DA-DOCKER',
    'pull access denied',
  ],
])('%s is told', async (_, answers, wanted, code, message) => {
  const { ports } = docker(answers)
  await expect(findBuilder(ports, wanted, 'own', new FakeLog())).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('a buildx that somebody built calls itself anything, and is believed', async () => {
  const other = docker({
    'docker buildx version': { stdout: 'github.com/docker/buildx (devel)' },
    'docker buildx inspect': inspected('remote'),
  })
  expect(await findBuilder(other.ports, undefined, 'own', new FakeLog())).toMatchObject({ driver: 'remote' })
})

test.each([
  ['v0.10.6', false],
  ['v0.11.0', true],
  ['v0.29.0', true],
  ['v0.0.0+unknown', true],
  ['', true],
])('BuildKit "%s" makes provenance: %s', async (version, attests) => {
  const { ports } = docker({
    'docker buildx inspect': { stdout: `Driver: remote\nBuildKit version: ${version}\nPlatforms: linux/amd64\n` },
  })
  expect(await findBuilder(ports, undefined, 'own', new FakeLog())).toMatchObject({ attests })
})
