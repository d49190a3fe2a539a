import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

const OLD = '20260101T000000Z-1111111-1.1'
const LIVE = '20260104T000000Z-2222222-2.1'
const NEW = '20260105T000000Z-1111111-3.1'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release(OLD, { base_fingerprint: 'f00' }).release(LIVE).current(LIVE)
  app.write({
    'env-keys.tsv': 'env/a.env\tK\t20260103T000000Z\t20260103T000000Z\t-\n',
    [`releases/${OLD}/release.json`]: '{}\n',
    [`releases/${OLD}/slot-blue.json`]: '{}\n',
  })
})
afterEach(() => app.remove())

type Environments = Readonly<Record<string, Readonly<Record<string, string>>>>

/** As the runner writes models. */
const model = (environments: Environments, secrets: Readonly<Record<string, string>> = {}) => {
  const services = Object.fromEntries(
    Object.entries(environments).map(([name, environment]) => [name, { deploy: { labels: { K: 'x' } }, environment, image: 'x' }]),
  )
  const files = Object.fromEntries(Object.entries(secrets).map(([name, file]) => [name, { file }]))
  return `${JSON.stringify({ name: 'shop', secrets: files, services }, null, 2)}\n`
}

inEachShell((shell) => {
  const run = (code: string) => shell.run(`app_dir=$APP run=$APP nonce=abcdefgh\n${code}`, { APP: app.path })
  const judged = () => {
    const { stdout, stderr } = run(`judge_rotated ${OLD}`)
    expect(stderr).toBe('')
    return stdout.trim().replaceAll('\t', ' ').split('\n').join(', ')
  }
  const bases = (then: Environments, now: Environments) =>
    app.write(
      Object.fromEntries(
        ['base', 'by-hand', 'plain'].flatMap((name) => [
          [`releases/${OLD}/${name}.json`, model(then)],
          [`releases/${LIVE}/${name}.json`, model(now)],
        ]),
      ),
    )
  const env = (id: string, service: string, text: string) => app.write({ [`releases/${id}/env/${service}.env`]: text })

  test.each<[string, string, string, string, string]>([
    ['another value', 'web', "K='old'\n", "K='new'\n", 'carried K'],
    ['the same value', 'web', "K='new'\n", "K='new'\n", ''],
    ['another name now, and so has no value to give', 'backend', "K='old'\n", "K='new'\n", 'back backend:K'],
    ['another name, and had the value already', 'backend', "K='new'\n", "K='new'\n", ''],
    ['the key no more', 'web', "K='old'\n", "X='1'\n", 'lacks web:K'],
    ['the key since then only', 'web', "X='1'\n", "K='new'\n", ''],
  ])('a switched service has %s', (_what, name, then, now, expected) => {
    env(OLD, name, then)
    env(LIVE, 'web', now)
    expect(judged()).toBe(expected)
  })

  test('a key that was rotated before the release was made goes back with it', () => {
    app.write({ 'env-keys.tsv': 'env/a.env\tK\t20251231T000000Z\t20251231T000000Z\t-\n' })
    env(OLD, 'web', "K='old'\n")
    env(LIVE, 'web', "K='new'\n")
    expect(judged()).toBe('')
  })

  test('a runner whose clock is ahead hides no rotation that came right after its release', () => {
    const id = '20260103T000100Z-1111111-1.1' // one minute after the rotation
    app.release(id)
    env(id, 'web', "K='old'\n")
    env(LIVE, 'web', "K='new'\n")
    expect(run(`rotated_since ${id}`).stdout).toBe('')
    const made = Date.UTC(2026, 0, 2, 23, 59) / 1000
    utimesSync(join(app.path, `releases/${id}/env`), made, made)
    expect(run(`rotated_since ${id}`).stdout).toBe('K\n')
  })

  test.each<[string, Environments, Environments, string]>([
    ['another value', { worker: { A: '1', K: 'old' } }, { worker: { K: 'new', Z: '1' } }, 'carried K'],
    ['the same value', { worker: { K: 'new' } }, { worker: { K: 'new' } }, ''],
    ['the key no more', { worker: { K: 'old' } }, { worker: { A: '1' } }, 'back worker:K'],
    ['another name', { jobs: { K: 'old' } }, { worker: { K: 'new' } }, 'back jobs:K'],
  ])('a worker has %s', (_what, then, now, expected) => {
    bases(then, now)
    expect(judged()).toBe(expected)
  })

  test('a service that was a worker then and is switched now has nothing to give', () => {
    bases({ web: { K: 'old' } }, {})
    env(LIVE, 'web', "K='new'\n")
    expect(judged()).toBe('back web:K')
  })

  test.each([
    ['of a switched service', 'secrets/db', 'old', 'new', 'back secret:db'],
    ['that stayed', 'secrets/db', 'new', 'new', ''],
    ['that is a config', 'secrets/db.config', 'old', 'new', ''],
    ['of a worker', 'base.json', model({}, { db: '/opt/shop/files/1/db' }), model({}, { db: '/opt/shop/files/2/db' }), 'back secret:db'],
  ])('a secret of Compose %s', (_what, path, then, now, expected) => {
    app.write({ [`releases/${OLD}/${path}`]: then, [`releases/${LIVE}/${path}`]: now })
    expect(judged()).toBe(expected)
  })

  test('without a rotation since then nothing is held back, whatever differs', () => {
    app.write({ 'env-keys.tsv': 'env/a.env\tK\t20260103T000000Z\t-\t90\n' })
    bases({ worker: { K: 'old' } }, {})
    app.write({ [`releases/${OLD}/secrets/db`]: 'old' })
    expect(judged()).toBe('')
  })

  test('the copy of a release gives its workers the new value, in every model, and is another base', () => {
    const value = 'a & \\b "c", $$d'
    bases({ worker: { A: '1', K: 'old,' }, other: { K: 'old' }, third: { L: 'K' } }, { other: { K: 'two', Z: '1' }, worker: { K: value } })
    expect(run(`repeat_release ${OLD} ${NEW} rotated`)).toMatchObject({ status: 0, stderr: '' })
    const expected = model({ worker: { A: '1', K: value }, other: { K: 'two' }, third: { L: 'K' } })
    expect(['base', 'by-hand', 'plain'].map((name) => app.read(`releases/${NEW}/${name}.json`))).toEqual([expected, expected, expected])
    expect(app.read(`releases/${NEW}/settings`)).toContain(`base_fingerprint=f00-as-${NEW}\n`)
  })

  test('a base in which nothing was rotated stays the same one, byte for byte', () => {
    bases({ worker: { A: 'old' } }, { worker: { A: 'new' } })
    run(`repeat_release ${OLD} ${NEW} rotated`)
    expect(app.read(`releases/${NEW}/base.json`)).toBe(model({ worker: { A: 'old' } }))
    expect(app.read(`releases/${NEW}/settings`)).toContain('base_fingerprint=f00\n')
  })

  const rolledBack = (more: string) =>
    run(`begin_on_host() { :; }; apply_release() { echo "applied $1"; }; choose_release() { echo ${OLD}; }; repeat_release() { echo copied; }
      rollback_command ${more}`)

  test('what would come back is named in the terminal and refused, unless it is forced', () => {
    bases({ worker: { K: 'old' } }, {})
    env(OLD, 'web', "K='old'\n")
    env(LIVE, 'web', "X='1'\n")
    const refused = rolledBack('')
    expect([refused.status, refused.stdout, refused.stderr]).toEqual([1, '', expect.stringContaining(': worker:K web:K. ')])
    expect(refused.stderr).toContain('DA-ROLLBACK-ROTATED')
    expect(rolledBack('--env current').stderr).toContain(': worker:K. ') // which leaves out what the live service does not have
    expect(rolledBack('--force').stdout).toContain('worker:K web:K\napplied rollback\n')
  })

  test('a runner is told of it with the choice', () => {
    bases({ worker: { K: 'old' }, other: { K: '1' } }, { other: { K: '2' } })
    env(OLD, 'web', "K='old'\n")
    env(LIVE, 'web', "X='1'\n")
    const { stdout } = run(`in_session=yes; way_back() { echo local; }; send_record() { :; }; describe_choice ${OLD}`)
    expect(stdout).toContain(' rotated=K returning=worker:K lacking=web:K\n')
  })
})
