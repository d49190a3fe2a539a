import { readSource, type SourceRequest } from '@deploy-actions/plan'
import { describe, expect, test } from '@jest/globals'
import { workspaceOf } from './ground.ts'

const read = (files: Record<string, string>, request: Partial<SourceRequest> = {}) =>
  readSource({
    ...{ composeFile: [], files: [], profiles: [], projectName: undefined, app: 'shop', values: new Map(), workspace: workspaceOf(files) },
    ...request,
  })

async function entriesOf(files: Record<string, string>, request: Partial<SourceRequest> = {}): Promise<Record<string, string>> {
  const { entries } = await read(files, request)
  return Object.fromEntries(entries.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]))
}

const EMPTY = 'services: {}\n'

test.each([
  [
    ['docker-compose.yaml', 'docker-compose.yml', 'compose.yml', 'compose.yaml', 'compose.prod.yaml', 'docker-compose.prod.yml'],
    'docker-compose.prod.yml',
  ],
  [['docker-compose.yml', 'compose.yaml', 'compose.prod.yaml'], 'compose.prod.yaml'],
  [['docker-compose.yml', 'compose.yml', 'compose.yaml'], 'compose.yaml'],
  [['docker-compose.yaml', 'docker-compose.yml'], 'docker-compose.yml'],
])('of %j the file is %s', async (present, chosen) => {
  const { 'resolve/options': options } = await entriesOf(Object.fromEntries(present.map((name) => [name, EMPTY])))
  expect(options).toBe(`project=shop\nunnamed=yes\ndirectory=.\nfile=${chosen}\n`)
})

test.each([
  ['the input', 'name: file\n', 'given', 'given'],
  ['the file', 'name: file\n', undefined, 'file'],
  ['the app, where the file has none', '', undefined, 'shop'],
  ['the app, where the name has a variable', 'name: $' + '{NAME}\n', undefined, 'shop'],
  ['the app, where the file cannot be read', 'name: [\n', undefined, 'shop'],
  ['the app, where the file is no mapping', '- 1\n', undefined, 'shop'],
])("the project's name is that of %s", async (_what, text, projectName, project) => {
  expect((await read({ 'compose.yaml': `${text}` }, { projectName })).project).toBe(project)
})

test('env files that the repository does not have are asked of the host; a name that somebody gave is no question', async () => {
  const text = 'name: mine\nservices: {web: {image: a, env_file: [app.env, ../.env, there.env, /etc/app.env]}}'
  const { 'resolve/options': options } = await entriesOf(
    { 'deploy/compose.yaml': text, 'deploy/there.env': '' },
    { composeFile: ['deploy/compose.yaml'] },
  )
  expect(options?.split('\n').slice(0, -1)).toEqual([
    ...['project=mine', 'directory=deploy', 'file=deploy/compose.yaml', 'env_file=../.env', 'env_file=app.env'],
  ])
})

test('files keep their order, profiles follow; the first file says where relative paths begin', async () => {
  const files = { 'deploy/a.yaml': EMPTY, 'deploy/b.yaml': EMPTY }
  const { 'resolve/options': options, ...rest } = await entriesOf(files, {
    composeFile: ['./deploy/a.yaml', 'deploy/b.yaml'],
    profiles: ['web', 'jobs'],
  })
  expect(options?.split('\n').slice(0, -1)).toEqual([
    ...['project=shop', 'unnamed=yes', 'directory=deploy', 'file=deploy/a.yaml', 'file=deploy/b.yaml', 'profile=web', 'profile=jobs'],
  ])
  expect(Object.keys(rest)).toEqual(expect.arrayContaining(['source/deploy/a.yaml', 'source/deploy/b.yaml']))
})

test("the repository's .env goes along as it is, apart from the step's values", async () => {
  const entries = await entriesOf({ 'compose.yaml': EMPTY, '.env': 'A=1\n# two\nB="x $A"\n' }, { values: new Map([['B', 'mine']]) })
  expect(entries['resolve/runner.env']).toBe('A=1\n# two\nB="x $A"\n')
  expect(entries['resolve/keys.env']).toContain('B=')
})

test('without an .env there is an empty one', async () => {
  expect((await entriesOf({ 'compose.yaml': EMPTY }))['resolve/runner.env']).toBe('')
})

test("the step's values are written so that Compose reads back exactly them", async () => {
  const { 'resolve/keys.env': text = '' } = await entriesOf(
    { 'compose.yaml': EMPTY },
    { values: new Map([['KEY', 'a\'b $HOME \\ "c" #d']]) },
  )
  const { parseComposeEnvFile } = await import('@deploy-actions/dotenv')
  expect(parseComposeEnvFile(text, () => 'expanded')).toEqual(new Map([['KEY', 'a\'b $HOME \\ "c" #d']]))
})

test('what may hold secrets is for the owner alone on the host', async () => {
  const { entries } = await read({ 'compose.yaml': EMPTY })
  expect(entries.filter(({ path }) => path.startsWith('resolve/')).map(({ mode }) => mode)).toEqual([0o600, 0o600, 0o600])
})

test('a repository without any of the files is told so', async () => {
  await expect(read({})).rejects.toMatchObject({ code: 'DA-COMPOSE-FILE-MISSING', hint: expect.stringContaining('actions/checkout') })
})

describe('what the .env says to Compose', () => {
  const two = { 'docker/a.yaml': EMPTY, 'docker/b.yaml': 'name: "${NAME:-file}"\n' }
  const options = async (env: string, request: Partial<SourceRequest> = {}) => {
    const { 'resolve/options': text = '' } = await entriesOf({ ...two, '.env': env, 'compose.yaml': EMPTY }, request)
    return text.trimEnd().split('\n')
  }
  test('COMPOSE_FILE names the files, with COMPOSE_PATH_SEPARATOR and variables', async () => {
    const env = 'D=docker\nCOMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=$D/a.yaml; $D/b.yaml\n'
    expect(await options(env)).toEqual(['project=file', 'directory=docker', 'file=docker/a.yaml', 'file=docker/b.yaml'])
    expect(await options('COMPOSE_FILE=docker/b.yaml:docker/a.yaml')).toContain('file=docker/b.yaml')
  })
  test('the values beside it win over those beside the files', async () => {
    const { values } = await read({ ...two, '.env': 'COMPOSE_FILE=docker/a.yaml\nA=top\n1X=y\n', 'docker/.env': 'A=below' })
    expect([values.get('A'), values.has('1X')]).toEqual(['top', false])
  })
  test('where the .env goes along, its values are left to the host, which may know what they use', async () => {
    const files = { 'compose.yaml': EMPTY, '.env': 'COMPOSE_FILE=compose.yaml\nDSN=postgres://$DB_HOST/x\n' }
    const { values, notes } = await read(files)
    expect([values.size, notes]).toEqual([0, ['COMPOSE_FILE in .env names the Compose files: compose.yaml']])
  })
  test('the input wins over COMPOSE_FILE', async () => {
    expect(await options('COMPOSE_FILE=docker/a.yaml', { composeFile: ['compose.yaml'] })).toContain('file=compose.yaml')
  })
  test('COMPOSE_PROFILES counts where the input names none', async () => {
    expect(await options('COMPOSE_PROFILES=a, b')).toEqual(expect.arrayContaining(['profile=a', 'profile=b']))
    expect((await options('COMPOSE_PROFILES=a', { profiles: ['c'] })).filter((line) => line.startsWith('profile'))).toEqual(['profile=c'])
  })
  test('COMPOSE_PROJECT_NAME wins over the file, a value of the step over both', async () => {
    expect((await options('COMPOSE_PROJECT_NAME=env'))[0]).toBe('project=env')
    expect((await options('COMPOSE_PROJECT_NAME=env', { values: new Map([['COMPOSE_PROJECT_NAME', 'step']]) }))[0]).toBe('project=step')
    expect((await options('COMPOSE_PROJECT_NAME=Not Valid'))[0]).toBe('project=shop')
  })
  test('of several files the last name counts, with its variables', async () => {
    expect((await options('NAME=live', { composeFile: ['docker/a.yaml', 'docker/b.yaml'] }))[0]).toBe('project=file')
    expect((await options('', { composeFile: ['docker/b.yaml'], values: new Map([['NAME', 'live']]) }))[0]).toBe('project=live')
  })
})

test('an override file that Compose would read by itself is left out, and that is said', async () => {
  const files = { 'docker-compose.yml': EMPTY, 'docker-compose.override.yml': EMPTY }
  expect((await read(files)).notes).toEqual([expect.stringContaining('docker-compose.override.yml is left out')])
  expect((await read({ ...files, 'docker-compose.prod.yml': EMPTY })).notes).toEqual([])
})

describe('directives for visitors', () => {
  const files = { 'compose.yaml': EMPTY, 'ops/public.caddy': 'encode gzip\n', '.env': '' }
  const given = async (caddyfile: string) => {
    const { caddyfile: text, refusals } = await read(files, { caddyfile })
    return [text, ...refusals.map(({ code }) => code)]
  }
  test.each([
    ['as they stand', 'encode gzip', 'encode gzip'],
    ['from a file: a single word is its path', './ops/public.caddy', 'encode gzip\n'],
  ])('%s', async (_, input, text) => expect(await given(input)).toEqual([text]))
  test.each([
    ['a file that is not there', 'ops/none.caddy', 'DA-FILE-MISSING'],
    ['a file of the machine', '/etc/caddy/Caddyfile', 'DA-FILE-OUTSIDE'],
    ['a file above the repository', '../Caddyfile', 'DA-FILE-OUTSIDE'],
    ['lines that cannot work', 'encode gzip\ntls internal', 'DA-CADDYFILE'],
  ])('%s: refused', async (_, input, code) => expect((await given(input)).slice(1)).toEqual([code]))
  test('none by default', async () => expect((await read(files)).caddyfile).toBe(''))
})
