import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

const RUN = 'https://github.example/acme/shop/actions/runs/7'
const OTHER = 'https://github.example/acme/shop/actions/runs/8'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app
    .release('LIVE', { run_url: 'https://github.example/acme/shop/actions/runs/6' })
    .history('LIVE')
    .release('NEW', { run_url: RUN })
    .write({ 'journal.containers': 'db\n', 'journal.networks': 'own-net\n', 'journal.made': 'worker\nnew-net\n' })
    .write({ 'releases/NEW/release.json': '{"id":"NEW"}', 'switch/blue': '', 'edge/config/Caddyfile': '' })
})
afterEach(() => app.remove())

const PARTS = `
  app_dir=$APP run=$APP in_session=yes
  begin_on_host() { settle; }
  undo_release() { echo "undone $release in $slot, $operation over $previous"; clear_journal; }
  find_edge() { :; }
  docker() { printf '%s\\n' new-net own-net; }
  list_containers() { :; }
  containers_of() { printf '%s\\n' db worker by-hand; }
`
const journal = (until = Math.floor(Date.now() / 1000) + 3_600, by = RUN): string =>
  `phase=prepared\noperation=deploy\nrelease=NEW\nslot=green\nprevious=LIVE\nrun=/tmp/x\nverified=no\nhosts=1\nsince=t\nheld_by=${by}\nheld_until=${until}\n`

inEachShell((shell) => {
  const run = (code: string) => shell.run(`${PARTS}${code}`, { APP: app.path }).stdout
  const read = (path: string) => readFileSync(join(app.path, path), 'utf8')

  test('what is held stands in the journal, and live traffic is left alone', () => {
    app.write({ 'edge/config/Caddyfile.staged': 'new', 'switch/closing': '' })
    const said = run(`use_release NEW; operation=deploy slot=green previous=LIVE; hold_candidate ${RUN} 60; wait`)
    expect(read('journal')).toMatch(/^phase=prepared\noperation=deploy\nrelease=NEW\nslot=green\nprevious=LIVE\n/)
    expect(read('journal')).toContain(`\nheld_by=${RUN}\nheld_until=`)
    expect(read('journal.made')).toBe('new-net\nworker\nby-hand\n')
    expect(['edge/config/Caddyfile.staged', 'switch/closing'].map((path) => existsSync(join(app.path, path)))).toEqual([false, false])
    expect(said).toMatch(
      /^\. this release changes what the edge serves.*\n\. NEW waits in green until 20\S+Z, or until another run deploys\n$/,
    )
  })

  test('whoever comes to deploy or to go back drops it, and says whose it was', () => {
    app.write({ journal: journal() })
    expect(run('settle')).toBe(
      `. dropping the candidate NEW, which ${RUN} prepared: it was not switched to\nundone NEW in green, deploy over LIVE\n= settled-before release=NEW phase=\n`,
    )
    expect(read('log.jsonl')).toContain(
      `"event":"dropped","operation":"deploy","release":"NEW","previous":"LIVE","slot":"green","commit":"","run":"${RUN}"`,
    )
  })

  test('with it goes what it made, and not what somebody else has made meanwhile', () => {
    app.write({ journal: journal() })
    const said = run('undo_release() { cat "$app_dir/journal.containers"; echo -; cat "$app_dir/journal.networks"; }; drop_candidate ""')
    expect(said.split('\n').slice(1)).toEqual(['own-net', 'db', 'by-hand', '-', 'own-net', 'db', 'by-hand', ''])
  })

  test('a Docker that does not answer leaves it: what it made would not be known from the rest', () => {
    const before = journal()
    app.write({ journal: before })
    expect(run('docker_patience=0; docker() { return 1; }; settle')).toMatch(/^! DA-HOST-DOCKER-PERMISSION /)
    expect(read('journal')).toBe(before)
  })

  test('what is no reason to drop it leaves it', () => {
    app.write({ journal: journal() })
    expect(run('spare_candidate=yes; settle')).toBe('')
    expect(existsSync(join(app.path, 'journal'))).toBe(true)
  })

  test('a run that spared it, and then brings another release, drops it first', () => {
    app.write({ journal: journal() })
    expect(run('prepare_release() { echo "prepare $2"; }; spare_candidate=yes; settle; prepare_or_undo deploy NEWER')).toMatch(
      /^\. dropping the candidate NEW, .*\nundone NEW in green, deploy over LIVE\nprepare NEWER\n$/,
    )
  })

  const live = 'live=LIVE slot=blue'
  const record = '= candidate-record\n| {"id":"NEW"}\n= end\n'
  test.each([
    ['the run that prepared it', `${RUN} -`, `state=prepared release=NEW by=${RUN} gone= ${live}`, record],
    ['another run that names it', `${OTHER} NEW`, `state=prepared release=NEW by=${RUN} gone= ${live}`, record],
    ['another run', `${OTHER} -`, `state=other release=NEW by=${RUN} gone= ${live}`, ''],
    ['a person who has none', '- -', `state=other release=NEW by=${RUN} gone= ${live}`, ''],
    ['its run, with the name of another release', `${RUN} OLD`, `state=other release=NEW by=${RUN} gone= ${live}`, ''],
    ['a run that names what is live', `${OTHER} LIVE`, `state=live release=LIVE by=${RUN} gone= ${live}`, ''],
  ])('asked by %s, it is told what there is', (_who, words, told, then) => {
    app.write({ journal: journal() })
    expect(run(`describe_candidate ${words}`)).toBe(`= candidate ${told}\n${then}`)
  })

  test.each([
    ['of that run', `${RUN} -`],
    ['of that name', `${OTHER} NEW`],
  ])('a candidate %s that was dropped is told with the time', (_which, words) => {
    const line = `{"time":"2026-01-02T03:04:05Z","event":"dropped","operation":"deploy","release":"NEW","previous":"","slot":"green","commit":"","run":"${RUN}"}\n`
    app.write({ 'log.jsonl': read('log.jsonl') + line })
    expect(run(`describe_candidate ${words}`)).toBe(`= candidate state=none release= by= gone=2026-01-02T03:04:05Z ${live}\n`)
  })

  test('the run that made what is live has nothing left to do; a person without a run never made it', () => {
    expect(run('describe_candidate https://github.example/acme/shop/actions/runs/6 -')).toContain('state=live release=LIVE')
    app.release('LIVE')
    expect(run('describe_candidate - -')).toContain('state=none')
  })

  test.each([
    ['runs and has time', 'yes', 60, 'ok      the candidate NEW waits in green\n'],
    ['does not run', '', 60, 'mended  the candidate NEW does not run any more, or its time is over: dropped\n'],
    ['is over its time', 'yes', -60, 'mended  the candidate NEW does not run any more, or its time is over: dropped\n'],
  ])('the doctor looks at one that %s', (_what, running, left, told) => {
    app.write({ journal: journal(Math.floor(Date.now() / 1000) + left) })
    const parts = `slot_is_running() { [ -n "${running}" ]; }; slot_holds_release() { :; };`
    expect(run(`${parts} check_candidate; echo "[$release]"`)).toBe(`${told}[]\n`)
    expect(existsSync(join(app.path, 'journal'))).toBe(told.startsWith('ok'))
  })

  test('the end of its time drops it, but not another that came meanwhile', () => {
    const expire = (id: string) => run(`pause() { :; }; open_run() { :; }; take_lock() { :; }; expire_candidate_command ${id} 1`)
    app.write({ journal: journal() })
    expect(expire('OLD')).toBe('')
    expect(expire('NEW')).toContain('undone NEW')
    expect(expire('NEW')).toBe('')
  })

  test('status tells of it, also before anything is live', () => {
    app.write({ journal: journal(1_800_000_000) })
    const line = `candidate NEW in green until 2027-01-15T08:00:00Z, prepared by ${RUN}\n`
    const status = () => run('docker() { :; }; list_containers() { :; }; live_slot() { printf blue; }; in_session=; status_command')
    expect(status()).toContain(`\n${line}\n`)
    expect(status()).not.toContain('journal')
    app.current('')
    expect(run('current_release() { :; }; in_session=; status_command')).toBe(
      `app       shop (project shop)\nlive      nothing yet\n${line}`,
    )
  })
})
