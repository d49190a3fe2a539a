import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { containerHashes } from '@deploy-actions/agent'
import type { Workspace } from '@deploy-actions/compose'
import { codecs, type Format, formats, whyUnwritable } from '@deploy-actions/dotenv'
import { createOutputs, createSecrets, createSummary, UserError } from '@deploy-actions/kit'
import { FakeClock, FakeLog, FakeRunner, inputsOf } from '@deploy-actions/testing'
import { afterEach, expect, test } from '@jest/globals'
import { changesOf, keysToApply } from '../src/changes.ts'
import { composeSsh } from '../src/compose-ssh.ts'
import { outputs as declared, inputs } from '../src/inputs.ts'
import { report } from '../src/report.ts'
import { sync } from '../src/sync.ts'
import { LocalHost } from './local-host.ts'

const made: LocalHost[] = []
afterEach(() => {
  for (const host of made.splice(0)) host.remove()
})
function hostNamed(name?: string): LocalHost {
  const host = new LocalHost(name)
  made.push(host)
  return host
}

const workspaceOf = (files: Readonly<Record<string, string>>): Workspace => ({
  read: async (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
  list: async () => Object.keys(files),
  stat: async (path) => (files[path] === undefined ? undefined : { kind: 'file', mode: 0o644 }),
})

interface Scene {
  readonly hosts?: readonly LocalHost[]
  readonly env?: Readonly<Record<string, string>>
  readonly given?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

async function synced({ hosts = [hostNamed()], env = {}, given = {}, files = {}, signal = new AbortController().signal }: Scene) {
  const [first] = hosts as [LocalHost]
  const log = new FakeLog()
  const runner = new FakeRunner()
  const secrets = createSecrets()
  const request = {
    inputs: inputsOf('sync-env', inputs, { host: 'one', 'ssh-key': 'key', path: 'env/a.env', keys: Object.keys(env).join(' '), ...given }),
    directory: first.directory,
    run: { run: undefined, who: 'a test', repository: 'acme/shop', commit: undefined, actor: 'ann' },
  }
  // Each host has its own folder; the agent is told the directory in its command.
  const remotes = hosts.map((host) => {
    const remote = host.remote()
    const own = (text: string) => text.replaceAll(first.directory, host.directory)
    const session: typeof remote.session = (command, options) => remote.session(own(command), options)
    return { ...remote, session }
  })
  const places = remotes.map((remote) => ({ name: remote.name, address: remote.name, connect: async () => remote }))
  const ports = { env, workspace: workspaceOf(files), secrets, log, signal, clock: new FakeClock(), places, newKey: () => 'f'.repeat(64) }
  const result = await sync(request.inputs, composeSsh(request, ports), ports).finally(() => Promise.all(hosts.map((host) => host.ended())))
  const outputs = createOutputs(runner, secrets)
  const summary = createSummary(runner, secrets)
  report(result, { outputs, summary })
  summary.write()
  return { result, log, outputs: Object.fromEntries(outputs.all()), summary: runner.summary }
}

const ODD = {
  A: `it's "quoted" $HOME \${X:-d} # no comment \\`,
  PEM: '-----BEGIN-----\nabc+/=\n-----END-----\n',
  EMPTY: '',
  EDGES: '  x\t',
}

test('a first file on a bare host: made with its folder, for its owner alone, and nothing else is left', async () => {
  const host = hostNamed()
  const { result, outputs } = await synced({ hosts: [host], env: ODD, given: { 'allow-empty': 'EMPTY' } })
  expect(result.status).toBe('written')
  expect([...codecs.compose.parse(host.read('env/a.env'))]).toEqual(Object.entries(ODD))
  expect([host.mode('env/a.env'), host.list('env'), host.leftovers]).toEqual(['600', ['a.env'], []])
  expect(JSON.parse(outputs.added ?? '')).toEqual(['A', 'PEM', 'EMPTY', 'EDGES'])
  expect(Object.keys(outputs).sort()).toEqual([...declared].sort())
})

test('the rotation of one key changes one line; comments, order, foreign keys and spellings stay; the old file is kept', async () => {
  const before = '# database\nexport URL="postgres://x"   # set by hand\n\nOTHER=kept # yes\nSECRET=old\n# the end'
  const host = hostNamed().write('env/a.env', before, 0o640)
  const { outputs } = await synced({ hosts: [host], env: { URL: 'postgres://x', SECRET: 'new $one' } })
  expect(host.read('env/a.env')).toBe(`${before.replace('SECRET=old', "SECRET='new $one'")}\n`)
  expect([outputs.changed, outputs.unchanged, outputs.added]).toEqual(['["SECRET"]', '["URL"]', '[]'])
  const [kept = ''] = host.list('backups/env')
  expect([host.read(`backups/env/${kept}`), host.mode(`backups/env/${kept}`), host.mode('env/a.env')]).toEqual([before, '600', '600'])
})

test('the second run finds nothing to do, whatever the values are', async () => {
  for (const format of formats) {
    const host = hostNamed()
    const all = { ...ODD, MORE: 'a\n\\', QUOTES: `'"`, TAIL: 'x #\\' }
    const env = Object.fromEntries(Object.entries(all).filter(([name, value]) => whyUnwritable(format, name, value) === undefined))
    const scene = { hosts: [host], env, given: { format, 'allow-empty': 'EMPTY' } }
    expect([format, (await synced(scene)).result.status]).toEqual([format, 'written'])
    expect([format, Object.fromEntries(codecs[format].parse(host.read('env/a.env')))]).toEqual([format, env])
    const text = host.read('env/a.env')
    expect([format, (await synced(scene)).result.status]).toEqual([format, 'unchanged'])
    expect(host.read('env/a.env')).toBe(text)
  }
})

test('a dry run tells names and leaves no trace', async () => {
  const host = hostNamed()
  const { result, log, outputs } = await synced({ hosts: [host], env: { A: 's3cret-value' }, given: { 'dry-run': 'true' } })
  expect([result.status, outputs.added, host.leftovers]).toEqual(['planned', '["A"]', []])
  expect(() => host.list('.')).toThrow()
  expect(log.text()).toContain('added A')
})

test('a mode that differs is a change of its own: told, and made without touching a value', async () => {
  const host = hostNamed().write('env/a.env', 'A=1\n', 0o644)
  const scene = { hosts: [host], env: { A: '1' } }
  expect((await synced({ ...scene, given: { 'dry-run': 'true' } })).result.status).toBe('planned')
  expect(host.mode('env/a.env')).toBe('644')
  const { log, outputs } = await synced(scene)
  expect([outputs.status, outputs.changed, host.mode('env/a.env'), host.read('env/a.env')]).toEqual(['written', '[]', '600', 'A=1\n'])
  expect(log.text()).toContain('mode 644 to 600; 1 unchanged')
  expect((await synced(scene)).result.status).toBe('unchanged')
})

const PLAIN = {
  format: 'compose' as const,
  prune: [],
  key: 'k',
  mode: '600',
  owner: undefined,
  rotated: [],
  rotateAfter: new Map<string, number>(),
}

test.each([
  [undefined, []],
  ['root', []],
  ['0:0', []],
  ['root:shop', []],
  ['app', ['owner root:shop to app']],
  ['root:root', ['owner root:shop to root:root']],
])('of a file of root:shop, the owner %s is a change: %j', (owner, said) => {
  const file = { owner: 'root:shop', ids: '0:0', mode: '600' }
  const state = { file, odd: undefined, assignments: [], services: [], has: [], origins: [] }
  expect(changesOf(state, { ...PLAIN, values: new Map(), owner }).file).toEqual(said)
})

test('what running services get is what came from the file and differs, and for its readers what is new; never what another line gives', () => {
  const has = (service: string, name: string, value: string) => ({ service, name, hash: containerHashes('k', name, value)[0] as string })
  const state = {
    ...{ file: undefined, odd: undefined, assignments: [], services: ['web-blue', 'api-blue', 'worker'] },
    has: [
      has('web-blue', 'A', 'old'),
      has('web-blue', 'B', 'same'),
      has('web-blue', 'OWN', 'by the Compose file'),
      has('api-blue', 'A', 'other'),
      has('worker', 'A', 'old'),
    ],
    origins: [
      { service: 'web-blue', of: 'web', name: 'A' },
      { service: 'web-blue', of: 'web', name: 'B' },
    ],
  }
  const values = new Map([
    ['A', 'new'],
    ['B', 'same'],
    ['OWN', 'of the file'],
    ['MORE', 'x'],
  ])
  const wanted = { ...PLAIN, values }
  expect(keysToApply(state, wanted)).toEqual(new Map([['web', ['A', 'MORE']]]))
})

test('of each key the host keeps when it changed and whether it was rotated; a template says after how many days it is old', async () => {
  const host = hostNamed().write('env/a.env', 'OLD=1\nSAME=1\nOTHER=1\n')
  host.write('env-keys.tsv', `${host.directory}/env/b.env\tX\t20260101T000000Z\t-\t-\n`)
  const dates = () =>
    host
      .read('env-keys.tsv')
      .trim()
      .split('\n')
      .map((line) => line.split('\t').map((field) => field.replace(/^20\d{6}T\d{6}Z$/, 'then').replace(/.*\/env\//, '')))
  const scene = { hosts: [host], env: { OLD: '2', SAME: '1' }, files: { '.env.example': 'OLD=\nSAME= # @rotate-after 90d\n' } }
  await synced({ ...scene, given: { rotated: 'OLD', template: '.env.example', keep: '3' } })
  expect(dates()).toEqual([
    ['a.env', 'OLD', 'then', 'then', '-'],
    ['a.env', 'SAME', 'then', '-', '90'],
    ['b.env', 'X', 'then', '-', '-'],
  ])
  // Another change does not forget that it was rotated; a key that goes, goes here too.
  await synced({ hosts: [host], env: { OLD: '3' }, given: { prune: 'SAME' } })
  expect(dates()).toEqual([
    ['a.env', 'OLD', 'then', 'then', '-'],
    ['b.env', 'X', 'then', '-', '-'],
  ])
  expect(host.mode('env-keys.tsv')).toBe('600')
})

test('a key that nobody changes is as old as its file, and can be marked as rotated later', async () => {
  const host = hostNamed().write('env/a.env', 'A=1\n')
  utimesSync(join(host.directory, 'env/a.env'), 1_700_000_000, 1_700_000_000)
  const { result } = await synced({
    hosts: [host],
    env: { A: '1' },
    files: { t: 'A= # @rotate-after 30d\n' },
    given: { template: 't', rotated: 'A' },
  })
  expect(result.status).toBe('unchanged')
  expect(host.read('env-keys.tsv')).toMatch(/\/env\/a\.env\tA\t20231114T221320Z\t20\d{6}T\d{6}Z\t30\n$/)
})

test('a limit that the template does not have any more is taken away, also where nothing else changes', async () => {
  const host = hostNamed().write('env/a.env', 'A=1\n')
  const scene = { hosts: [host], env: { A: '1' } }
  await synced({ ...scene, files: { t: 'A= # @rotate-after 30d\n' }, given: { template: 't' } })
  expect(host.read('env-keys.tsv')).toMatch(/\t30\n$/)
  const { result } = await synced({ ...scene, files: { t: 'A=\n' }, given: { template: 't' } })
  expect([result.status, host.read('env-keys.tsv')]).toEqual(['unchanged', expect.stringMatching(/\t-\n$/)])
})

test('an owner that is given is asked for where it differs; a user alone leaves the group', async () => {
  const host = hostNamed().write('env/a.env', 'A=1\n')
  host.program('chown', `echo "$1" >>'${host.folder}/chowned'`)
  const { result } = await synced({ hosts: [host], env: { A: '1' }, given: { owner: 'nobody-here' } })
  const { gid } = statSync(join(host.directory, 'env/a.env'))
  expect([result.status, readFileSync(join(host.folder, 'chowned'), 'utf8')]).toEqual(['written', `nobody-here:${gid}\n`])
})

test('keys go only by name or prefix', async () => {
  const host = hostNamed().write('env/a.env', 'A=1\nOLD_ONE=2\nOLD_TWO="3\n4"\nOTHER=5\n')
  const { outputs } = await synced({ hosts: [host], env: { A: '1' }, given: { prune: 'OLD_*, NEVER' } })
  expect([host.read('env/a.env'), outputs.removed]).toEqual(['A=1\nOTHER=5\n', '["OLD_ONE","OLD_TWO"]'])
})

test('no value is in a command, a line to the agent, the log, the summary or an output', async () => {
  const host = hostNamed().write('env/a.env', 'A=old-s3cret\n')
  const { log, outputs, summary } = await synced({ hosts: [host], env: { A: 'new-s3cret', B: 'other-s3cret' } })
  expect([host.said.join('\n'), log.text(), JSON.stringify(outputs), summary].filter((text) => text.includes('s3cret'))).toEqual([])
})

test('of two hosts one that cannot be written leaves both as they were', async () => {
  const [one, two] = [hostNamed('root@a:22').write('env/a.env', 'A=1\n'), hostNamed('root@b:22').write('env/a.env', 'A=1\n')]
  two.program('sync', 'exit 0')
  two.program('mv', 'case "$*" in *a.env) exit 1 ;; esac; exec /bin/mv "$@"')
  await expect(synced({ hosts: [one, two], env: { A: '2' } })).rejects.toMatchObject({ code: 'DA-ENV-WRITE' })
  expect([one.read('env/a.env'), two.read('env/a.env')]).toEqual(['A=1\n', 'A=1\n'])
  expect([one.list('env'), two.list('env'), one.leftovers, two.leftovers]).toEqual([['a.env'], ['a.env'], [], []])
})

test('what is taken back has the mode and the owner that it had', async () => {
  const hosts = ['a', 'b'].map((name) => hostNamed(`root@${name}:22`).write('env/a.env', 'A=1\n', 0o640)) as [LocalHost, LocalHost]
  const [one, two] = hosts
  for (const host of hosts) host.program('chown', `echo "$1" >>'${host.folder}/chowned'`)
  two.program('mv', 'case "$*" in *a.env) exit 1 ;; esac; exec /bin/mv "$@"')
  // The first has its new file by then.
  two.before = (line) => {
    if (line === 'env-write together') while (one.read('env/a.env') !== 'A=2\n') spawnSync('sleep', ['0.05'])
  }
  const { uid, gid } = statSync(join(one.directory, 'env/a.env'))
  await expect(synced({ hosts, env: { A: '2' }, given: { owner: 'new:new' } })).rejects.toMatchObject({ code: 'DA-ENV-WRITE' })
  expect([one.read('env/a.env'), one.mode('env/a.env'), two.mode('env/a.env')]).toEqual(['A=1\n', '640', '640'])
  expect(readFileSync(join(one.folder, 'chowned'), 'utf8')).toBe(`new:new\n${uid}:${gid}\n`)
})

test('both of two hosts get the new file', async () => {
  const hosts = [hostNamed('root@a:22').write('env/a.env', 'A=1\n'), hostNamed('root@b:22')]
  await synced({ hosts, env: { A: '2' } })
  expect(hosts.map((host) => host.read('env/a.env'))).toEqual(['A=2\n', 'A=2\n'])
  expect(hosts.flatMap((host) => host.list('.').filter((name) => name.startsWith('env.')))).toEqual([])
})

async function lostAt(at: string) {
  const hosts = [hostNamed('root@a:22').write('env/a.env', 'A=1\n'), hostNamed('root@b:22').write('env/a.env', 'A=1\n')] as const
  hosts[1].before = (line, end) => {
    if (line === at) end()
  }
  await expect(synced({ hosts, env: { A: '2' } })).rejects.toThrow()
  const seen = hosts.map((host) => ({ text: host.read('env/a.env'), files: host.list('env').length, left: host.leftovers.length }))
  hosts[1].before = () => undefined
  await synced({ hosts, env: { A: '2' } })
  expect(hosts.map((host) => host.read('env/a.env'))).toEqual(['A=2\n', 'A=2\n'])
  return seen
}

test.each(['env-look', 'env-stage', 'env-write together'])(
  'a connection that is lost at %s leaves the old file on both hosts',
  async (at) => {
    const old = { text: 'A=1\n', files: 1, left: 0 }
    expect(await lostAt(at)).toEqual([old, old])
  },
)

test('a host that is lost when the others have heard that all have it takes its file back, and the next run brings it', async () => {
  expect((await lostAt('env-keep')).map(({ text }) => text)).toEqual(['A=2\n', 'A=1\n'])
})

const POINTS: readonly (readonly [host: number, line: string, time: number])[] = [
  [0, 'upload', 1],
  [1, 'upload', 1],
  [0, 'env-look', 1],
  [1, 'env-look', 1],
  [0, 'upload', 2],
  [1, 'env-stage', 1],
  [0, 'env-write together', 1],
  [1, 'env-write together', 1],
  [0, 'env-keep', 1],
  [1, 'env-keep', 1],
  [1, 'quit', 1],
]
test.each(POINTS)(
  'a run that is told to stop when host %i gets %j for the %i. time leaves all hosts with the same file',
  async (at, point, time) => {
    const hosts = ['a', 'b'].map((name) => hostNamed(`root@${name}:22`).write('env/a.env', 'A=1\n')) as [LocalHost, LocalHost]
    const stopping = new AbortController()
    let seen = 0
    ;(hosts[at] as LocalHost).before = (line) => {
      if (line.startsWith(point) && ++seen === time) stopping.abort(new UserError('DA-CANCELLED', 'stopped'))
    }
    const ended = await synced({ hosts, env: { A: '2' }, signal: stopping.signal }).then(
      () => 'A=2\n',
      () => 'A=1\n',
    )
    expect(hosts.map((host) => [host.read('env/a.env'), host.list('env'), host.leftovers])).toEqual([
      [ended, ['a.env'], []],
      [ended, ['a.env'], []],
    ])
    expect(seen).toBeGreaterThanOrEqual(time)
  },
)

test('services that run with other values are told, and nothing of those that do not read the file', async () => {
  const host = hostNamed().write('env/a.env', 'A=1\nB="x\ty"\n')
  host.write('releases/R/settings', 'id=R\napp=shop\nproject=shop\n').write('releases/R/services.tsv', '').write('switch/blue', '')
  host.write(
    'docker-inspect',
    'web\nweb "PATH=/bin"\nweb "A=1"\nweb "B=x\\ty"\n\nworker\nworker "A=0"\nworker "B=x\\ty"\n\ndb\ndb "PGDATA=/x"\n\n',
  )
  const ps = ['web', 'worker', 'db'].map((name, at) => `echo 'id${at}|shop|${name}|running|False|shop-${name}-1|||'`).join('; ')
  host.program('docker', `case "$1" in ps) ${ps} ;; inspect) cat '${host.directory}/docker-inspect' ;; esac`)
  host.program('unused', '')
  const { symlinkSync } = await import('node:fs')
  symlinkSync('releases/R', join(host.directory, 'current'))
  const { outputs } = await synced({ hosts: [host], env: { A: '1', B: 'x\ty' }, given: { 'dry-run': 'true' } })
  expect([outputs.status, outputs.stale]).toEqual(['unchanged', '{"worker":["A"]}'])
  const rotated = await synced({ hosts: [host], env: { A: '2', B: 'x\ty' }, given: { 'dry-run': 'true' } })
  expect(JSON.parse(rotated.outputs.stale ?? '')).toEqual({ web: ['A'], worker: ['A'] })
})

test.each<[Format, string]>([
  ['compose', 'A=1\nB="open\nC=1\n'],
  ['compose', "A='1' B=2\n"],
  ['shell', 'A=$(date)\n'],
  ['json', '{"A": {"b": 1}}\n'],
  ['systemd', '# note \\\nA=1\n'],
])('a file for %s with %j is left alone', async (format, text) => {
  const host = hostNamed().write('env/a.env', text)
  await expect(synced({ hosts: [host], env: { A: '2' }, given: { format } })).rejects.toMatchObject({ code: 'DA-ENV-HOST-FILE' })
  expect([host.read('env/a.env'), host.list('env'), host.leftovers]).toEqual([text, ['a.env'], []])
})

test('what the template asks for is judged before anybody is contacted', async () => {
  const host = hostNamed()
  const files = { '.env.example': 'A=\nB=\n#C=\n' }
  const run = synced({ hosts: [host], env: { A: '1', D: '2' }, files, given: { template: '.env.example' } })
  await expect(run).rejects.toMatchObject({
    code: 'DA-ENV-CONTRACT',
    message: expect.stringMatching(/missing: B[\s\S]*not in the template: D/),
  })
  expect(host.said).toEqual([])
})

test('of the sources keys win over values, and values over the file, which is read by its own rules', async () => {
  const host = hostNamed()
  const files = { 'base.env': 'A=\'f\'\nB="f"\nC=`f`\n' }
  const given = { 'env-file': 'base.env', 'env-file-format': 'dotenv', values: '{"A": "v", "B": "v"}', keys: 'A' }
  await synced({ hosts: [host], env: { A: 'k' }, files, given })
  expect(host.read('env/a.env')).toBe('A=k\nB=v\nC=f\n')
})
