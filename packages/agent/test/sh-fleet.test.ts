import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('LIVE').history('LIVE').release('NEW')
})
afterEach(() => app.remove())

const PARTS = `
  app_dir=$APP run=$APP in_session=yes
  finish_release() { echo "finish $release"; clear_journal; }
  revert_release() { echo "revert $release"; clear_journal; }
  undo_release() { echo "undo $release"; clear_journal; }
  find_edge() { :; }
  docker_answers() { :; }
  drop_lock() { :; }
`
const journal = (words: Record<string, string | number>): string =>
  Object.entries({
    phase: 'switched',
    operation: 'deploy',
    release: 'NEW',
    slot: 'green',
    previous: 'LIVE',
    verified: 'yes',
    hosts: 3,
    confirmed: 'yes',
    ...words,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')

inEachShell((shell) => {
  const run = (code: string) => shell.run(`${PARTS}${code}`, { APP: app.path })
  const said = (code: string) => run(code).stdout.trim().split('\n')
  const isAlone = () => existsSync(join(app.path, 'alone'))

  test.each([
    ['switched to alone', { hosts: 1, confirmed: 'no' }, 'no'],
    ['switched to as one of several, before it was asked', { confirmed: 'no' }, 'no'],
    ['to which it has said yes', {}, 'yes'],
    ['that is final', { phase: 'committed' }, 'no'],
    ['that is taken back already', { phase: 'reverting' }, 'no'],
  ])('a release %s: is it undecided? %s', (_what, words, undecided) => {
    app.write({ journal: journal(words) })
    expect(said('is_undecided && echo yes || echo no')).toEqual([undecided])
  })

  test('how many change together, and whether this host has said yes, stand in the journal', () => {
    run('use_release NEW; operation=deploy hosts=3 slot=green previous=LIVE; write_journal switched')
    expect(app.read('journal')).toMatch(/\nhosts=3\nconfirmed=no\n/)
    run('use_release NEW; hosts=3; verify_release() { :; }; confirm_or_revert')
    expect(app.read('journal')).toMatch(/^phase=switched\n(?:.*\n)*hosts=3\nconfirmed=yes\n/)
  })

  test('a host that is not right when it is asked says no: it takes the release back, and has confirmed nothing', () => {
    const code = 'use_release NEW; hosts=3 told=yes; verify_release() { cat $APP/journal 2>/dev/null; return 1; }; confirm_or_revert'
    expect(said(code)).toEqual(['revert NEW', '= settled status=reverted'])
    expect(existsSync(join(app.path, 'journal'))).toBe(false)
  })

  test.each([
    ['commit', 'finish NEW'],
    ['revert', 'revert NEW'],
  ])('a runner that has seen all hosts says %s of it', (decision, done) => {
    app.write({ journal: journal({}) })
    const code = `mkfifo $APP/commands; exec 4<>$APP/commands; printf 'uploaded 0 /x\nfacts\nsettle ${decision}\n' >&4; hear_decision; settle`
    expect(said(code).filter((line) => !line.startsWith('. '))).toEqual([
      '= undecided release=NEW hosts=3',
      done,
      '= settled-before release=NEW phase=',
    ])
    expect(isAlone()).toBe(false)
  })

  test('a run of several parts keeps its session also when it is asked for its decision first', () => {
    app.write({ journal: journal({}) })
    const code = `mkfifo $APP/commands; exec 4<>$APP/commands; printf 'stay\nsettle commit\n' >&4; hear_decision; goes_on && echo stays`
    expect(said(code).at(-1)).toBe('stays')
  })

  test('a runner that goes away before it has decided leaves it as undecided as before', () => {
    app.write({ journal: journal({}), stop: 'lost' })
    expect(said("mkfifo $APP/commands; exec 4<>$APP/commands; printf 'stopped\n' >&4; hear_decision; echo no").at(-1)).toContain(
      'DA-CANCELLED',
    )
    expect(app.read('journal')).toBe(journal({}))
  })

  test('a rollback on the host alone takes it back, and notes that nobody asked the others', () => {
    app.write({ journal: journal({}) })
    expect(said('settle')).toContain('revert NEW')
    expect(app.read('alone')).toMatch(/^release=NEW\nhosts=3\nsince=20/)
  })

  test('before it has said yes it takes the release back for certain, and notes nothing', () => {
    app.write({ journal: journal({ confirmed: 'no' }) })
    expect(said('settle')).toContain('revert NEW')
    expect(isAlone()).toBe(false)
  })

  test.each(['doctor', 'maintenance on', 'edge upgrade', 'uninstall'])(
    '%s on the host alone leaves it, and says what one host cannot know',
    (command) => {
      app.write({ journal: journal({}) })
      const alone = `in_session=''; open_run() { :; }; open_app() { :; }; take_lock() { :; }; settle() { echo settled; }; ${command.split(' ')[0]}_command ${command.split(' ').slice(1).join(' ')}`
      const { status, stderr, stdout } = run(alone)
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/NEW serves here .* over 3 hosts .* \(DA-FLEET-UNDECIDED\)/)
      expect(app.read('journal')).toBe(journal({}))
    },
  )

  test.each([
    ['lost', 'yes', true],
    ['silent', 'yes', true],
    ['lost', 'no', false],
    ['cancel', 'yes', false], // the runner says so to all
  ])('left by its runner (%s; said yes: %s) it takes the release back; it notes that it did so alone: %s', (reason, confirmed, noted) => {
    app.write({ journal: journal({ confirmed }), stop: reason })
    expect(said('use_release NEW; phase=switched hosts=3 verified=yes; stopped')).toEqual(['revert NEW', '= settled status=reverted'])
    expect(isAlone()).toBe(noted)
  })

  test.each([
    [1, 'lost', 0],
    [1, 'silent', 0],
    [3, 'lost', 130],
    [3, 'silent', 130],
    [3, 'cancel', 130],
    [3, '', 0],
  ])('one of %i hosts whose runner is gone (%s) while it verifies goes on or stops: %i', (hosts, reason, code) => {
    if (reason !== '') app.write({ stop: reason })
    const fakes = 'has_switch() { :; }; verify_once() { :; }; answers_are_well() { :; }; tell_answers() { :; }; each_service() { :; }'
    expect(run(`${fakes}; use_release NEW; hosts=${hosts}; verify_release 300`).status).toBe(code)
  })

  test('doctor says what was decided alone, until all agree or another release is live', () => {
    app.write({ alone: 'release=NEW\nhosts=3\nsince=t\n' })
    expect(said('sick=0; say_undecided; echo "sick $sick"')).toEqual([
      expect.stringMatching(/^UNSURE {2}NEW .* the other 2 hosts /),
      'sick 1',
    ])
    run('forget_alone')
    expect(said('sick=0; say_undecided; echo "sick $sick"')).toEqual(['sick 0'])
    app.write({ alone: 'release=NEW\nhosts=3\nsince=t\n' })
    run('operation=deploy slot=green previous=LIVE; use_release NEW; record_release')
    expect(isAlone()).toBe(false)
  })

  test('what it keeps to go back to is told, without what was found bad or is not there any more', () => {
    app.release('OLD').release('BAD').write({ 'releases/BAD/bad': '' }).history('GONE', 'OLD', 'BAD', 'LIVE')
    expect(said('kept_releases')).toEqual(['LIVE,OLD'])
  })
})
