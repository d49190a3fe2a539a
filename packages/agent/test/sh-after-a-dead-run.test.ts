import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

// What people and timers do on a host right after a run has died there.

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('Z').release('A').release('B', { in_turn: 'cache', base_fingerprint: 'b' }).history('Z', 'A')
  app.write({ 'switch/green': '', 'releases/B/networks.tsv': '' })
})
afterEach(() => app.remove())

const journal = (phase: string, release = 'B') => ({
  journal: `phase=${phase}\noperation=deploy\nrelease=${release}\nslot=green\nprevious=A\nverified=yes\nhosts=1\nconfirmed=no\n`,
})

const PARTS = `
  app_dir=$APP run=$APP
  docker() { :; }
  docker_answers() { :; }
  list_containers() { :; }
  find_edge() { edge=''; }
  networks_exist() { :; }
  open_run() { :; }
  open_app() { :; }
  take_lock() { :; }
  forget_alone() { :; }
  note_alone() { :; }
  revert_release() { echo "revert $release"; clear_journal; }
  finish_release() { echo "finish $release"; clear_journal; }
  record_release() { :; }
  apply_release() { echo "$1 $2"; }
  load_current() { slot=green release=A; }
`

inEachShell((shell) => {
  const run = (code: string) => {
    const { status, stdout, stderr } = shell.run(`${PARTS}${code}`, { APP: app.path })
    return { status, said: stdout.trim().split('\n'), stderr }
  }
  const has = (path: string) => existsSync(join(app.path, path))

  test.each(['previous', '-1'])('`rollback --to %s` after a run that died past the switch ends with the release of before it', (to) => {
    app.write(journal('reverting'))
    const { status, said } = run(`rollback_command --to ${to}`)
    expect([status, said.slice(-2)]).toEqual([0, ['revert B', 'B was not final and is taken back: A serves, as before it']])
    expect(has('releases/A/bad')).toBe(false)
  })

  test('a rollback to a release that is named goes on there', () => {
    app.write(journal('reverting'))
    expect(run('rollback_command --to Z').said.at(-1)).toBe('rollback Z')
  })

  test('a rollback where no run has died goes to the release before', () => {
    expect(run('rollback_command').said).toEqual(['rollback Z'])
  })

  test('the runner is told what was taken back', () => {
    app.write(journal('reverting'))
    expect(run('in_session=yes; settle; tell_standing').said.at(-1)).toMatch(/^= locked release=A .* back=B$/)
  })

  test.each([
    ['nobody has died', undefined, 'A', ['stopped blue']],
    ['a run died that may go back to it', 'switched', 'A', ['']],
    ['another release is there by now', undefined, 'Z', ['']],
  ])('the end of a warm slot, when %s', (_when, phase, holds, said) => {
    if (phase !== undefined) app.write(journal(phase))
    const parts = `slot_release() { echo ${holds}; }; stop_slot() { echo "stopped $1"; }; pause() { :; }`
    expect(run(`${parts}; expire_command blue A 1`).said).toEqual(said)
  })

  test('a backup leaves what waits for its turn behind a balancer, and doctor makes it anew', () => {
    app.write(journal('committed'))
    expect(run('begin_on_host').said).not.toContain('finish B')
    expect(has('journal')).toBe(true)
    expect(run('mends=yes; begin_on_host').said).toContain('finish B')
  })

  test('a single host that verified a release for a runner that is gone leaves its services for their turn', () => {
    const parts = `env_give_up() { :; }; finish_and_report() { echo finished; exit; }; settled() { echo "settled $1"; exit; }; printf lost >$run/stop`
    const stopped = (turns: string) => run(`${parts}; use_release B; has_turns=${turns}; phase=switched hosts=1 verified=yes; stopped`).said
    expect(stopped('')).toEqual(['finished'])
    expect(stopped('turns')).toEqual(['settled failed'])
    expect(app.read('journal')).toMatch(/^phase=committed\n/)
  })

  test('the edge that doctor made anew belongs to the live release: an undo of another one leaves it', () => {
    const parts = `pull_release() { :; }; ensure_edge() { : >$app_dir/journal.edge; }; forget_configurations() { :; }`
    expect(run(`${parts}; start_edge`).status).toBe(0)
    expect(has('journal.edge')).toBe(false)
    app.write({ 'journal.edge': '' }) // of a candidate that is the first release
    run(`${parts}; start_edge`)
    expect(has('journal.edge')).toBe(true)
  })
})
