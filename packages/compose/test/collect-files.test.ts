import { describe, expect, test } from '@jest/globals'
import { type CollectRequest, collectFiles, type Workspace } from '../src/index.ts'
import { codes } from './shop.ts'

/** Files by path; a text `->outside` is a link that leaves the workspace. */
function workspace(files: Record<string, string>): Workspace {
  const inside = (directory: string) => Object.keys(files).filter((path) => path.startsWith(`${directory}/`) || directory === '.')
  return {
    read: async (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
    list: async (directory) => [
      ...new Set(inside(directory).map((path) => path.slice(directory === '.' ? 0 : directory.length + 1).split('/')[0] as string)),
    ],
    async stat(path) {
      if (files[path] !== undefined) return { kind: files[path] === '->outside' ? 'outside' : 'file', mode: 0o100644 }
      return inside(path).length > 0 ? { kind: 'directory', mode: 0o40755 } : undefined
    },
  }
}

async function collect(files: Record<string, string>, request: Partial<CollectRequest> = {}) {
  const found = await collectFiles({ composeFiles: ['compose.yaml'], workspace: workspace(files), ...request })
  return { ...found, paths: found.entries.map(({ path }) => path).filter((path) => !path.endsWith('compose.yaml')) }
}

const service = (lines: string) => `services:\n  web:\n    image: a\n${lines.replace(/^/gm, '    ')}\n`

describe('what a service names', () => {
  test.each([
    ['env_file as a text', 'env_file: a.env', ['a.env']],
    ['env_file as a list', 'env_file: [a.env, ./dir/b.env]', ['a.env', 'dir/b.env']],
    ['env_file as objects', 'env_file: [{path: a.env, required: true}, {path: gone.env, required: false}]', ['a.env']],
    ['a file that is bound', "volumes: ['./a.env:/x']", ['a.env']],
    ['a read-only directory', "volumes: ['./dir:/x:ro,z']", ['dir/b.env', 'dir/deep/c']],
    ['the long syntax', 'volumes: [{type: bind, source: dir, target: /x, read_only: true}]', ['dir/b.env', 'dir/deep/c']],
    ['a variable with a default', "volumes: ['${CONF:-./a.env}:/x:ro']", ['a.env']],
  ])('%s', async (_, lines, paths) => {
    const files = { 'compose.yaml': service(lines), 'a.env': 'A=1', 'dir/b.env': 'B=1', 'dir/deep/c': 'c' }
    expect(await collect(files)).toMatchObject({ paths, notes: [], refusals: [] })
  })

  test.each([
    ['a named volume is no path', "volumes: ['dir:/x:ro']"],
    ['an absolute path is the host’s', "volumes: ['/dir:/x:ro']\nenv_file: /etc/app.env"],
    ['so is a home folder', "volumes: ['~/dir:/x:ro']"],
    ['an anonymous volume has no source', 'volumes: [/dir]'],
  ])('%s', async (_, lines) => {
    expect(await collect({ 'compose.yaml': service(lines), 'dir/b.env': 'B=1' })).toMatchObject({ paths: [], notes: [], refusals: [] })
  })
})

test.each([
  ['short', "volumes: ['./dir:/x']"],
  ['long', 'volumes: [{type: bind, source: ./dir, target: /x}]'],
])('a directory that is written to is data, and its files stay behind: that is said (%s syntax)', async (_, lines) => {
  const { paths, notes, refusals } = await collect({ 'compose.yaml': service(lines), 'dir/b.env': 'B=1' })
  expect({ paths, refusals }).toEqual({ paths: [], refusals: [] })
  expect(notes).toEqual([expect.stringMatching(/^services\.web\.volumes: .* \.\/dir, .* not uploaded.*`:ro`/)])
})

test('a file that only keeps an empty directory in the repository is not missed', async () => {
  const files = { 'compose.yaml': service("volumes: ['./data:/x', './logs:/y']"), 'data/.gitkeep': '', 'logs/.gitignore': '*' }
  expect(await collect(files)).toMatchObject({ paths: [], notes: [] })
})

test('an env file that Compose would refuse is named', async () => {
  const files = { 'deploy/compose.yaml': service(''), 'deploy/.env': 'A=1\nB="never ends\n' }
  const asked = collectFiles({ composeFiles: ['deploy/compose.yaml'], workspace: workspace(files) })
  await expect(asked).rejects.toThrow('line 2 of the env file deploy/.env begins a quoted value that never ends')
})

test('configs and secrets by file, through anchors and merge keys', async () => {
  const yaml = `
x-base: &base { env_file: [base.env] }
services: { web: { <<: *base, image: a }, api: { <<: *base, env_file: [own.env] } }
configs: { c: { file: ./c.conf }, text: { content: hi } }
secrets: { s: { file: s.txt }, e: { environment: X } }`
  const files = { 'compose.yaml': yaml, 'base.env': '', 'own.env': '', 'c.conf': '', 's.txt': '' }
  expect((await collect(files)).paths).toEqual(['base.env', 'c.conf', 'own.env', 's.txt'])
})

test('include and extends are followed, each from its own directory', async () => {
  const { entries } = await collect({
    'compose.yaml': 'include: [parts/db.yaml]\nservices: { web: { extends: { file: common/base.yaml, service: app } } }',
    'parts/db.yaml': 'services: { db: { image: d, env_file: db.env } }',
    'parts/db.env': '',
    'common/base.yaml': 'services: { app: { image: a, env_file: app.env }, other: { image: o, env_file: other.env } }',
    'common/app.env': '',
    'common/other.env': '',
  })
  expect(entries.map(({ path }) => path)).toEqual(['common/app.env', 'common/base.yaml', 'compose.yaml', 'parts/db.env', 'parts/db.yaml'])
})

test('a file that includes itself ends', async () => {
  expect((await collect({ 'compose.yaml': 'include: [./compose.yaml]\nservices: {}' })).refusals).toEqual([])
})

test('paths are relative to the first Compose file, also for those beside it', async () => {
  const files = {
    'deploy/a.yaml': service('env_file: ../shared/x.env'),
    'deploy/more/b.yaml': service('env_file: y.env'),
    'shared/x.env': '',
    'deploy/y.env': '',
  }
  const { entries } = await collect(files, { composeFiles: ['deploy/a.yaml', 'deploy/more/b.yaml'], files: ['shared'] })
  expect(entries.map(({ path }) => path)).toEqual(['../shared/x.env', 'a.yaml', 'more/b.yaml', 'y.env'])
})

test('the .env beside the first file is taken along and fills in paths; what the step gives wins', async () => {
  const files = {
    'compose.yaml': service("env_file: ['${A}.env', '${B}.env']"),
    '.env': 'A=one\nB=two',
    'one.env': '',
    'two.env': '',
    'three.env': '',
  }
  const { paths } = await collect(files, { variables: (name) => (name === 'B' ? 'three' : undefined) })
  expect(paths).toEqual(['.env', 'one.env', 'three.env'])
})

test('a path with an unset variable is left out with a note', async () => {
  const { notes, paths } = await collect({ 'compose.yaml': service("env_file: '${STAGE}/a.env'") })
  expect(paths).toEqual([])
  expect(notes).toEqual(['services.web.env_file: ${STAGE}/a.env is left out, because STAGE has no value here'])
})

test('a missing file is noted and left to Compose', async () => {
  expect((await collect({ 'compose.yaml': service('env_file: a.env') })).notes).toEqual([
    'services.web.env_file: a.env is not in the repository',
  ])
})

test.each([
  ['a path that climbs out', { 'compose.yaml': service('env_file: ../a.env') }],
  ['a link that leads out', { 'compose.yaml': service('env_file: a.env'), 'a.env': '->outside' }],
  ['a link in a directory', { 'compose.yaml': service("volumes: ['./d:/x:ro']"), 'd/a': '->outside' }],
  ['an include that climbs out', { 'compose.yaml': 'include: [../x.yaml]' }],
])('%s is refused', async (_, files) => expect(codes((await collect(files)).refusals)).toEqual(['DA-FILE-OUTSIDE']))

test('a Compose file that is missing or no YAML is refused', async () => {
  expect(codes((await collect({})).refusals)).toEqual(['DA-FILE-MISSING'])
  expect(codes((await collect({ 'compose.yaml': 'services: [\n' })).refusals)).toEqual(['DA-COMPOSE-YAML'])
})

test('bytes and mode are kept', async () => {
  const { entries } = await collect({ 'compose.yaml': service('env_file: a.env'), 'a.env': 'ä\r\n' })
  expect(entries[0]).toEqual({ path: 'a.env', bytes: Buffer.from('ä\r\n'), mode: 0o644 })
})

test('extends follows what the service of the other file extends there, in both spellings', async () => {
  const { paths } = await collect({
    'compose.yaml': 'services: { web: { extends: { file: common.yaml, service: web } } }',
    'common.yaml': `services:
  web: { extends: python }
  python: { extends: { service: base }, env_file: python.env }
  base: { image: a, env_file: base.env, extends: web }
  other: { image: a, env_file: other.env }`,
    'python.env': '',
    'base.env': '',
    'other.env': '',
  })
  expect(paths).toEqual(['base.env', 'common.yaml', 'python.env'])
})

describe('include', () => {
  const db = 'services: { db: { image: "d:${TAG}", env_file: "${CONF}.env" } }'
  test('the files of one list begin where the first one lies', async () => {
    const files = { 'compose.yaml': 'include: [{ path: [parts/db.yaml, over.yaml] }]', 'parts/db.yaml': 'services: {}' }
    const over = { 'over.yaml': service('env_file: tuned.env'), 'parts/tuned.env': '', 'tuned.env': '' }
    expect((await collect({ ...files, ...over })).paths).toEqual(['over.yaml', 'parts/db.yaml', 'parts/tuned.env'])
  })
  test('the .env beside an included file fills in its variables; what the project has wins', async () => {
    const files = { 'compose.yaml': 'include: [parts/db.yaml]', 'parts/db.yaml': db, 'parts/.env': 'CONF=own', '.env': '' }
    expect((await collect({ ...files, 'parts/own.env': '' })).paths).toContain('parts/own.env')
    expect((await collect({ ...files, '.env': 'CONF=top', 'parts/top.env': '' })).paths).toContain('parts/top.env')
  })
  test('env files that it names count instead, the last one first', async () => {
    const include = 'include: [{ path: parts/db.yaml, project_directory: "${AT:-.}", env_file: [a.env, /dev/null, b.env] }]'
    const files = { 'compose.yaml': include, 'parts/db.yaml': db, 'parts/.env': 'CONF=never', 'a.env': 'CONF=a', 'b.env': 'CONF=b' }
    expect((await collect(files)).paths).toEqual(['a.env', 'b.env', 'parts/db.yaml'])
  })
  test('what lies on another server is left to Compose', async () => {
    const include = 'include: ["oci://docker.io/acme/db:1", "https://example.com/db.git#main", "git@example.com:db.git"]'
    expect(await collect({ 'compose.yaml': include })).toMatchObject({ paths: [], refusals: [], notes: [] })
  })
})

test('PWD is the project directory, also in a file that lies elsewhere', async () => {
  const below = { 'compose.yaml': 'include: [sub/a.yaml]', 'sub/a.yaml': service("volumes: ['${PWD}/n.conf:/x:ro']"), 'n.conf': '' }
  expect((await collect(below)).entries.map(({ path }) => path)).toContain('n.conf')
  const found = await collect({ 'compose.yaml': service("volumes: ['${PWD}/a.env:/x:ro']"), 'a.env': '' })
  expect(found).toMatchObject({ paths: ['a.env'], notes: [] })
})

test('a link to a folder above does not lead around in a circle', async () => {
  const files: Record<string, string> = { 'compose.yaml': service("volumes: ['./d:/x:ro']"), 'd/a': '' }
  const circle = (path: string) => path.replaceAll('/up', '')
  const plain = workspace(files)
  const linked: Workspace = {
    read: (path) => plain.read(circle(path)),
    list: async (path) => [...(await plain.list(circle(path))), 'up'],
    stat: async (path) => {
      const found = await plain.stat(circle(path))
      return found && { ...found, real: circle(path) }
    },
  }
  expect((await collect(files, { workspace: linked })).paths).toEqual(['d/a'])
})

describe('YAML that Compose takes', () => {
  const paths = async (yaml: string) => (await collect({ 'compose.yaml': yaml, 'a.env': '', 'b.env': '' })).paths
  const two = (first: string) => `services:\n  a:\n    env_file: a.env\n${first}\n  b:\n    env_file: b.env\n`
  test.each([
    ['several documents', `---\n${service('env_file: a.env')}---\n${service('env_file: b.env')}`],
    ['a list that ends further out', two('    command: [\n      sh,\n  "x" ]')],
    ['a map in one line, and the rest anywhere', two('    labels: { a: "b",\nc: d\n}')],
    ['a quoted text that goes on further out', two('    command: "one\n two # {[\nthree"')],
    ['a comment right behind a quote', two('    command: "one"# [two')],
    ['brackets and quotes within other texts', two(`    command: it's {{a}} [b "c # [d\n    entrypoint: [ "x"\n ]`)],
    ['nested anchors, a hundred times', two(`    x: &x { y: &y { z: 1 } }\n    w: [${'{ <<: *x, y: *y }, '.repeat(101)}]`)],
    ['tags of its own', two('    ports: !override ["80:80"]\n    command: !reset null')],
  ])('%s', async (_, yaml) => expect(await paths(yaml)).toEqual(['a.env', 'b.env']))
})
