import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inputsOf } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { inputs } from '../src/inputs.ts'
import { loginsOf } from '../src/logins.ts'
import { makeWorkFolder, storedLogins, withLogins, workFolderPath } from '../src/work-folder.ts'

let home: string
let env: Record<string, string>
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'work-folder-'))
  mkdirSync(join(home, '.docker/cli-plugins'), { recursive: true })
  mkdirSync(join(home, 'temp'))
  env = { HOME: home, RUNNER_TEMP: join(home, 'temp') }
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const login = { registry: 'ghcr.io', username: 'ann', password: 'secret' }
const auth = Buffer.from('ann:secret').toString('base64')
const make = () => makeWorkFolder(workFolderPath(env, 'key'), env, [login])
const theirs = (config: object) => writeFileSync(join(home, '.docker/config.json'), JSON.stringify(config))
const ours = (path: string) => JSON.parse(readFileSync(join(path, 'docker/config.json'), 'utf8'))

test('the login stands in a private copy; the logins of other steps are there too, and theirs is not touched', () => {
  theirs({ auths: { 'docker.io': { auth: 'x' }, 'ghcr.io': { auth: 'old' } }, currentContext: 'remote' })
  const before = readFileSync(join(home, '.docker/config.json'), 'utf8')
  const { path } = make()
  expect(ours(path)).toEqual({ auths: { 'docker.io': { auth: 'x' }, 'ghcr.io': { auth } }, currentContext: 'remote' })
  expect(readFileSync(join(home, '.docker/config.json'), 'utf8')).toBe(before)
})

test('nobody else may read it', () => {
  const { path, write } = make()
  write('env', 'A=1\n')
  expect(
    [path, join(path, 'docker'), join(path, 'docker/config.json'), join(path, 'env')].map((one) => statSync(one).mode & 0o077),
  ).toEqual([0, 0, 0, 0])
})

test('plugins and contexts are those of the user, and survive when the folder goes', () => {
  writeFileSync(join(home, '.docker/cli-plugins/docker-buildx'), 'program')
  mkdirSync(join(home, '.docker/contexts'))
  const work = make()
  expect(realpathSync(join(work.dockerConfig, 'cli-plugins/docker-buildx'))).toBe(
    realpathSync(join(home, '.docker/cli-plugins/docker-buildx')),
  )
  work.remove()
  expect(existsSync(work.path)).toBe(false)
  expect(readdirSync(join(home, '.docker')).sort()).toEqual(['cli-plugins', 'contexts'])
  expect(readFileSync(join(home, '.docker/cli-plugins/docker-buildx'), 'utf8')).toBe('program')
})

test('builders stay where buildx has them', () => {
  expect(make().buildxConfig).toBe(join(home, '.docker/buildx'))
  rmSync(workFolderPath(env, 'key'), { recursive: true })
  env.BUILDX_CONFIG = '/elsewhere'
  expect(make().buildxConfig).toBe('/elsewhere')
})

test('DOCKER_CONFIG says where theirs is, also by a link', () => {
  mkdirSync(join(home, 'other'))
  writeFileSync(join(home, 'other/config.json'), '{"psFormat":"x"}')
  symlinkSync(join(home, 'other'), join(home, 'link'))
  env.DOCKER_CONFIG = join(home, 'link')
  expect(ours(make().path)).toEqual({ auths: { 'ghcr.io': { auth } }, psFormat: 'x' })
})

test('where a credential store stands for everything, our login is found all the same', () => {
  const config = withLogins({ credsStore: 'desktop', credHelpers: { 'gcr.io': 'gcloud' } }, [login])
  expect(config.credHelpers).toEqual({ 'gcr.io': 'gcloud', 'ghcr.io': '' })
  expect(withLogins({ credHelpers: { 'gcr.io': 'gcloud' } }, [login]).credHelpers).toEqual({ 'gcr.io': 'gcloud' })
})

test('a configuration that is no JSON is told with its path, and nothing stays', () => {
  writeFileSync(join(home, '.docker/config.json'), '{')
  expect(make).toThrow(expect.objectContaining({ code: 'DA-DOCKER-CONFIG', message: expect.stringContaining('.docker/config.json') }))
  expect(readdirSync(join(home, 'temp'))).toEqual([])
})

test('without any configuration there is one with our login', () => {
  rmSync(join(home, '.docker'), { recursive: true })
  expect(ours(make().path)).toEqual({ auths: { 'ghcr.io': { auth } } })
})

test('what an earlier step logged in with is found, and nothing else', () => {
  const encoded = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
  theirs({
    auths: {
      'registry.example.com': encoded('bob:a:b'),
      'https://index.docker.io/v1/': encoded('hub:x'),
      'stored.example.com': {},
      odd: { auth: '!' },
    },
  })
  expect(storedLogins(env)).toEqual([
    { registry: 'registry.example.com', username: 'bob', password: 'a:b' },
    { registry: 'docker.io', username: 'hub', password: 'x' },
  ])
})

test("the inputs win over an earlier login, and that over the workflow's own token, which is for ghcr.io alone", () => {
  const given = (texts: Record<string, string>) => inputsOf('build-push-ghcr', inputs, { 'github-token': 'ghs', ...texts })
  const earlier = [{ registry: 'ghcr.io', username: 'bob', password: 'pat' }]
  const ghs = { registry: 'ghcr.io', username: 'ann', password: 'ghs' }
  expect(loginsOf(given({}), 'ann', [])).toEqual([ghs])
  expect(loginsOf(given({}), 'ann', earlier)).toEqual(earlier)
  expect(loginsOf(given({ username: 'me', password: 'p' }), 'ann', earlier)).toEqual([
    { registry: 'ghcr.io', username: 'me', password: 'p' },
  ])
  expect(loginsOf(given({ registry: 'r.example.com', username: 'me', password: 'p' }), 'ann', [])).toEqual([
    { registry: 'r.example.com', username: 'me', password: 'p' },
    ghs,
  ])
})
