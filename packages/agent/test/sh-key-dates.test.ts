import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder().write({ 'env/a.env': 'K=1\n', 'run/env/request': 'keep=2\n' })
})
afterEach(() => app.remove())

const LAST_YEAR = '20250101T000000Z'
const line = (name: string, changed: string, rotated = '-', days = '-', path = 'env/a.env') =>
  `${app.path}/${path}\t${name}\t${changed}\t${rotated}\t${days}\n`

/** Without the path; a date of today is `now`. */
const dates = () =>
  app
    .read('env-keys.tsv')
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => row.replace(/^[^\t]*\t/, '').replaceAll(/\t20(?!25)\d{6}T\d{6}Z/g, '\tnow'))

inEachShell((shell) => {
  const inSession = 'in_session=yes nonce=abcdefgh run=$APP/run app_dir=$APP env_file=$APP/env/a.env'
  const run = (code: string) => shell.run(`${inSession}\n${code}`, { APP: app.path })
  const note = (...rows: string[]) => {
    app.write({ 'run/env/dates': rows.map((row) => `${row.replaceAll(' ', '\t')}\n`).join('') })
    return run('note_key_dates')
  }

  test('a rotation is noted also when its value stands there already, and the key had been rotated before that', () => {
    app.write({ 'env-keys.tsv': line('K', LAST_YEAR, LAST_YEAR) })
    note('K set no -')
    expect(dates()).toEqual([`K\tnow\t${LAST_YEAR}\t-`])
    app.write({ 'env-keys.tsv': line('K', '20250202T000000Z', LAST_YEAR) })
    note('K keep yes -')
    expect(dates()).toEqual(['K\t20250202T000000Z\tnow\t-'])
  })

  test('a step that names a rotated key again, and changes nothing, is no further rotation', () => {
    app.write({ 'env-keys.tsv': line('K', LAST_YEAR, LAST_YEAR) })
    note('K keep yes -')
    expect(dates()).toEqual([`K\t${LAST_YEAR}\t${LAST_YEAR}\t-`])
  })

  test('a rotated key that goes and comes again stays rotated; one that was not is forgotten', () => {
    app.write({ 'env-keys.tsv': line('K', LAST_YEAR, LAST_YEAR, '90') + line('OTHER', LAST_YEAR, '-', '90') })
    note('K drop no -', 'OTHER drop no -')
    expect(dates()).toEqual([`K\t${LAST_YEAR}\t${LAST_YEAR}\t-`])
    note('K set no 30')
    expect(dates()).toEqual([`K\tnow\t${LAST_YEAR}\t30`])
  })

  const staged = () => app.write({ 'env/.a.env.new': 'K=2\n' })
  const write = (how: string, more = '') => run(`env_staged=$APP/env/.a.env.new; ${more}\nenv_write ${how}`)

  test('a key that nobody dated and that stays is as old as the file was before it was written', () => {
    app.write({ 'run/env/dates': 'K\tset\tno\t30\nB\tkeep\tno\t30\n' })
    utimesSync(join(app.path, 'env/a.env'), 1_735_689_600, 1_735_689_600)
    staged()
    write('alone')
    expect(dates()).toEqual([`B\t${LAST_YEAR}\t-\t30`, 'K\tnow\t-\t30'])
  })

  test('a run that dies as the new file takes its place has noted the rotation', () => {
    app.write({ 'env-keys.tsv': line('K', LAST_YEAR, LAST_YEAR), 'run/env/dates': 'K\tset\tyes\t-\n' })
    staged()
    write('alone', 'mv() { command mv "$@"; case "$*" in *.a.env.new*) exit 9 ;; esac; }')
    expect([app.read('env/a.env'), dates()]).toEqual(['K=2\n', ['K\tnow\tnow\t-']])
  })

  test.each([
    ['cannot replace the file', 'mv() { case "$*" in *.a.env.new*) return 1 ;; esac; command mv "$@"; }'],
    ['cannot note the dates', 'write_file() { case $1 in *env-keys.tsv) cat >/dev/null; return 1 ;; esac; cat >"$1"; }'],
  ])('a run that %s says so; file and dates are as they were', (_what, fault) => {
    app.write({ 'env-keys.tsv': line('K', LAST_YEAR), 'run/env/dates': 'K\tset\tyes\t-\n' })
    staged()
    const { stdout, status } = write('alone', fault)
    expect([status, stdout]).toEqual([1, expect.stringContaining('! DA-ENV-WRITE')])
    expect([app.read('env/a.env'), dates()]).toEqual(['K=1\n', [`K\t${LAST_YEAR}\t-\t-`]])
    expect(existsSync(join(app.path, 'env-keys.before'))).toBe(false)
  })

  test.each([
    ['env_give_up', 'K=1\n', [`K\t${LAST_YEAR}\t-\t-`]],
    ['env_keep', 'K=2\n', ['K\tnow\tnow\t-']],
    ['exit 9', 'K=1\n', [`K\t${LAST_YEAR}\t-\t-`]], // and the next one settles it
  ])('of several hosts: after %s file and dates belong together', (end, file, dated) => {
    app.write({ 'env-keys.tsv': line('K', LAST_YEAR), 'run/env/dates': 'K\tset\tyes\t-\n' })
    staged()
    run(`env_staged=$APP/env/.a.env.new; env_write together; ${end}`)
    run('settle_env')
    expect([app.read('env/a.env'), dates()]).toEqual([file, dated])
    expect(
      readdirSync(app.path)
        .filter((name) => name.startsWith('env'))
        .sort(),
    ).toEqual(['env', 'env-keys.tsv'])
  })

  const copies = () => readdirSync(join(app.path, 'backups/env')).sort()
  const ofTomorrow = () =>
    app.write({
      'backups/env/env%a.env.29990101T000000Z-bbbbbbbb': 'x',
      'backups/env/env%a.env.29990102T000000Z-bbbbbbbb': 'x',
    })

  test('with the clock set back the copy of now stays, and brings the file back', () => {
    ofTomorrow()
    staged()
    run('env_staged=$APP/env/.a.env.new; env_write together; env_give_up')
    expect([app.read('env/a.env'), copies()]).toEqual([
      'K=1\n',
      [expect.stringMatching(/^env%a\.env\.20.*-abcdefgh$/), 'env%a.env.29990102T000000Z-bbbbbbbb'],
    ])
  })

  test('a file whose copy is gone cannot come back: that is said, now and by the next run, until it is written anew', () => {
    staged()
    const gone = `${app.path}/env/a.env could not be brought back, because its copy`
    const first = run('env_staged=$APP/env/.a.env.new; env_write together >/dev/null; rm -rf "$APP/backups"; env_give_up')
    expect([first.stdout, app.read('env/a.env')]).toEqual([expect.stringContaining(gone), 'K=2\n'])
    expect(run('settle_env').stdout).toContain(gone)
    staged()
    write('alone')
    expect(run('settle_env').stdout).toBe('')
    expect(existsSync(join(app.path, 'env.pending'))).toBe(false)
  })
})
