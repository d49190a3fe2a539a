import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
})
afterEach(() => app.remove())

const read = (path: string): string => readFileSync(join(app.path, path), 'utf8')

inEachShell((shell) => {
  const run = (code: string, env = {}) => shell.run(`app_dir=$APP\n${code}`, { APP: app.path, ...env })
  const chosen = (to: string) => run('choose_release "$TO"', { TO: to }).stdout
  const releases = (...ids: string[]) => {
    for (const id of ids) app.release(id)
    return app
  }

  test.each([
    ['previous', 'C'],
    ['-1', 'C'],
    ['-2', 'B'],
    ['-3', 'A'],
    ['-4', ''],
    ['-12', ''],
    ['-0', ''],
    ['A', 'A'],
    ['D', 'D'],
    ['never', ''],
    ['', ''],
  ])('with A, B, C and D live, %j means %j', (to, release) => {
    releases('A', 'B', 'C', 'D').history('A', 'B', 'C', 'D')
    expect(chosen(to)).toBe(release)
  })

  test.each([
    ['the one that is live', 'C', 'live'],
    ['one that was live before', 'A', 'none'],
    ['one that was given up', 'never', 'aborted'],
    ['one that was taken back', 'D', 'reverted'],
    ['one that nobody knows', 'X', 'none'],
  ])('what became of %s', (_what, id, state) => {
    releases('A', 'B', 'C').history('A', 'B', 'C').write({ 'switch/green': '' })
    app.write({
      'log.jsonl': `${app.read('log.jsonl')}{"event":"live","release":"D"}\n{"event":"reverted","operation":"deploy","release":"D"}\n`,
    })
    expect(run(`in_session=yes; describe_outcome ${id}`).stdout).toBe(`= outcome release=${id} state=${state} slot=green\n`)
  })

  test('which release was before is a matter of order, not of a clock that was wrong by a day', () => {
    releases('A', 'B', 'C')
    const line = (time: string, id: string) => `{"time":"${time}","event":"live","operation":"deploy","release":"${id}","previous":""}\n`
    app.write({ 'log.jsonl': line('2026-01-02', 'A') + line('2026-01-03', 'B') + line('2026-01-01', 'C') }).current('C')
    expect([chosen('previous'), chosen('-2')]).toEqual(['B', 'A'])
  })

  test('a bad release is passed over, but can be asked for by its id', () => {
    releases('A', 'B', 'C').history('A', 'B', 'C').write({ 'releases/B/bad': 'today' })
    expect(['previous', '-2', 'B'].map(chosen)).toEqual(['A', '', 'B'])
  })

  test('a release that was live several times counts once, where it was live last', () => {
    releases('A', 'B', 'C').history('A', 'B', 'A', 'B', 'A', 'C')
    expect(['previous', '-2', '-3'].map(chosen)).toEqual(['A', 'B', ''])
  })

  test('after a rollback to A, previous is neither A nor what was left as bad', () => {
    releases('A', 'B', 'C').history('A', 'B', 'C', 'A').write({ 'releases/C/bad': 'today' })
    expect(chosen('previous')).toBe('B')
  })

  /** History lines `id` (a deploy), `id<of` (a deploy of a copy, as sync-env makes) or `id*of` (a rollback that made a copy). */
  const lived = (...lines: string[]) => {
    const parts = lines.map((line) => /^(\w+)(?:([<*])(\w+))?$/.exec(line) ?? [])
    for (const [, id = '', , of = ''] of parts) app.release(id, { of, keep_releases: '3' })
    const told = parts.map(
      ([, id, kind]) =>
        `{"time":"t","event":"live","operation":"${kind === '*' ? 'rollback' : 'deploy'}","release":"${id}","previous":""}\n`,
    )
    app.write({ 'log.jsonl': told.join('') }).current(parts.at(-1)?.[1] ?? '')
    return app
  }

  test('after a rollback that made a copy of A, previous is what was before A', () => {
    lived('Z', 'A', 'B', 'C*A').write({ 'releases/B/bad': 'today' })
    expect([chosen('previous'), chosen('-2'), chosen('A')]).toEqual(['Z', '', 'A'])
  })

  test('a copy that a rollback made and what it is of are one step of the way back', () => {
    lived('Z', 'A', 'B', 'C*A', 'D').write({ 'releases/B/bad': 'today' })
    expect([chosen('previous'), chosen('-2'), chosen('-3')]).toEqual(['C', 'Z', ''])
  })

  test('a copy with other values that sync-env made goes back to the values of before', () => {
    lived('Z', 'A', 'B<A')
    expect([chosen('previous'), chosen('-2')]).toEqual(['A', 'Z'])
  })

  const left = (id: string, previous: string) => {
    run(`operation=rollback previous=${previous} slot=green; use_release ${id}; record_release`)
    return ['A', 'B', 'C', 'D'].filter((one) => existsSync(join(app.path, `releases/${one}/bad`)))
  }

  test.each<[string, readonly string[], string, string, string]>([
    ['forward from a copy of B to C', ['A', 'B', 'C', 'D*B'], 'C', 'D', ''],
    ['from a copy of B back to A', ['A', 'B', 'C', 'D*B'], 'A', 'D', 'B,D'],
    ['from a copy of B to B itself', ['A', 'B', 'C', 'D*B'], 'B', 'D', 'D'],
    ['from a copy that sync-env made to what it is of', ['A', 'B', 'D<B'], 'B', 'D', 'D'],
  ])('a rollback %s marks what it says to be bad, and nothing else', (_what, lines, id, previous, bad) => {
    lived(...lines)
    expect(left(id, previous).join()).toBe(bad)
  })

  test('copies that rollbacks made push no real release out, and of each release one stays', () => {
    lived('Y', 'Z', 'A', 'B', 'C*A', 'D*A', 'E')
    run('previous=D; use_release E; run=$APP; docker() { :; }; is_release_id() { :; }; prune_releases')
    // E, D (for A) and B are three; A itself stays with D.
    expect(['Y', 'Z', 'A', 'B', 'C', 'D', 'E'].filter((id) => existsSync(join(app.path, `releases/${id}`)))).toEqual(['A', 'B', 'D', 'E'])
  })

  test('a release that was pruned is passed over', () => {
    releases('A', 'C').history('A', 'B', 'C')
    expect(chosen('previous')).toBe('A')
  })

  test('without any history there is nothing to go back to', () => {
    expect(chosen('previous')).toBe('')
  })

  test('what one run writes into the journal the next one reads', () => {
    releases('R')
    const state = 'operation=rollback slot=green previous=P verified=yes run=/tmp/x'
    expect(run(`use_release R; ${state}; write_journal switched`).status).toBe(0)
    expect(run('read_journal && echo "$phase $operation $release $slot $previous $verified $project"').stdout).toBe(
      'switched rollback R green P yes shop\n',
    )
    expect(run('clear_journal; read_journal').status).toBe(1)
  })

  test.each([
    ['prepare', 'no', 1, 'log aborted, undo'],
    ['switching', 'no', 1, 'revert'],
    ['switched', 'no', 1, 'revert'],
    ['switched', 'yes', 1, 'finish'],
    ['switched', 'yes', 3, 'revert'], // one of several hosts cannot decide alone
    ['committed', 'yes', 1, 'finish'],
    ['committed', 'yes', 3, 'finish'],
    ['reverting', 'yes', 1, 'revert'],
  ])('a dead run in phase %s (verified: %s, hosts: %i) is settled by: %s', (phase, verified, hosts, decision) => {
    releases('R').write({
      journal: `phase=${phase}\noperation=deploy\nrelease=R\nslot=blue\nprevious=\nverified=${verified}\nhosts=${hosts}\n`,
    })
    const fakes =
      'finish_release() { echo finish; }; revert_release() { echo revert; }; undo_release() { echo undo; }; log_event() { echo "log $1"; }; find_edge() { :; }; docker_answers() { :; }'
    expect(run(`${fakes}; progress() { :; }; settle`).stdout.trim().replaceAll('\n', ', ')).toBe(decision)
  })

  const undone = `run=$(mktemp -d); nonce=none; docker_patience=0; use_release R; slot=blue; end_processes_of() { :; }
    remove_slot() { echo removed; }; undo_base() { :; }; remove_new_networks() { :; }; forget_configurations() { :; }; forget_credential() { :; }; forget_release() { :; }`

  test.each([
    ['does not answer', 'docker() { return 1; }', true, /^$/, /DA-HOST-DOCKER-PERMISSION/],
    ['answers', 'docker() { :; }', false, /^removed$/, /^$/],
  ])('when Docker %s, an undoing is kept for later or done', (_what, docker, kept, said, failed) => {
    releases('R').write({ journal: 'phase=prepare\nrelease=R\n' })
    const { stdout, stderr } = run(`${undone}; ${docker}; undo_release`)
    expect([existsSync(join(app.path, 'journal')), stdout.trim(), stderr.trim()]).toEqual([
      kept,
      expect.stringMatching(said),
      expect.stringMatching(failed),
    ])
  })

  test('a Docker that is just coming back is waited for', () => {
    const docker = 'docker() { [ -e "$run/up" ] && return; : >"$run/up"; return 1; }'
    expect(run(`run=$(mktemp -d); docker_patience=60; pause() { :; }; ${docker}; docker_answers && echo there`).stdout).toBe(
      'waiting for Docker, which does not answer\nthere\n',
    )
  })

  test('what a dead run left is settled by a Docker that answers, or not yet', () => {
    releases('R').write({ journal: 'phase=committed\nrelease=R\nhosts=1\n' })
    const { stdout, stderr, status } = run(
      'run=$(mktemp -d); docker_patience=0; docker() { return 1; }; finish_release() { echo no; }; settle',
    )
    expect([status, stdout, stderr]).toEqual([1, expect.not.stringContaining('no\n'), expect.stringContaining('DA-HOST-DOCKER-PERMISSION')])
    expect(existsSync(join(app.path, 'journal'))).toBe(true)
  })

  test('a journal of a release that is not there any more is dropped, and nothing is done', () => {
    app.write({ journal: 'phase=switched\nrelease=gone\n' })
    expect(run('finish_release() { echo no; }; revert_release() { echo no; }; settle').stdout).toBe('')
    expect(existsSync(join(app.path, 'journal'))).toBe(false)
  })

  test.each([
    ['switched', 'yes', 1, 'lost', 'finish'],
    ['switched', 'yes', 1, 'silent', 'finish'],
    ['switched', 'no', 1, 'lost', 'revert, settled reverted'],
    ['switched', 'yes', 1, 'cancel', 'revert, settled reverted'],
    ['switched', 'yes', 1, 'signal', 'revert, settled reverted'],
    ['switched', 'yes', 2, 'lost', 'revert, settled reverted'],
    ['prepare', 'no', 1, 'silent', 'abort'],
    ['', 'no', 1, 'cancel', 'abort'],
  ])('left alone in phase %j (verified: %s, hosts: %i, %s) the agent decides: %s', (phase, verified, hosts, reason, decision) => {
    app.release('R', { hosts: String(hosts) }).write({ stop: reason })
    const fakes =
      'finish_and_report() { echo finish; exit; }; revert_release() { echo revert; }; settled() { echo "settled $1"; exit; }; abort_run() { echo abort; }; say_stopped() { :; }'
    const code = `${fakes}; use_release R; run=$APP hosts=${hosts} phase=${phase} verified=${verified}; stopped`
    expect(run(code).stdout.trim().replaceAll('\n', ', ')).toBe(decision)
  })

  test.each([
    ['deploy', 'C', 'B', false],
    ['rollback', 'A', 'B', true],
  ])('a %s makes its release the current one and says so in the log', (operation, release, previous, leftAsBad) => {
    releases('A', 'B', 'C')
      .history('A', 'B')
      .write({ [`releases/${release}/bad`]: 'once' })
    expect(run(`operation=${operation} previous=B slot=green; use_release ${release}; record_release`)).toMatchObject({
      status: 0,
      stderr: '',
    })
    expect(readlinkSync(join(app.path, 'current'))).toBe(`releases/${release}`)
    expect(existsSync(join(app.path, `releases/${previous}/bad`))).toBe(leftAsBad)
    expect(existsSync(join(app.path, `releases/${release}/bad`))).toBe(false)
    const told = JSON.parse(read('log.jsonl').trim().split('\n').at(-1) ?? '')
    expect(told).toMatchObject({ event: 'live', operation, release, previous: 'B', slot: 'green' })
  })

  test('a run that dies between the log and the link has the release in its history', () => {
    releases('A', 'B').history('A')
    run('operation=deploy previous=A slot=green; use_release B; link_release() { exit 9; }; record_release')
    expect(run('history').stdout).toBe('A\nB\n')
    expect(run('operation=deploy previous=A slot=green; use_release B; record_release; choose_release previous').stdout).toBe('A')
  })

  const OLD = '20260101T000000Z-1111111-1.1'
  const LIVE = '20260102T000000Z-2222222-2.1'
  const NEW = '20260103T000000Z-1111111-3.1'
  const repeated = () => {
    const image = (id: string) => `web switch ghcr.io/a/web@sha256:ab 1 always http 8000 /health - deploy-actions/shop/web:${id} -`
    const slot = JSON.stringify({
      services: { 'web-blue': { labels: { 'deploy-actions.release': OLD }, image: 'ghcr.io/a/web@sha256:ab' } },
    })
    app.release(OLD, { fingerprint: 'f00' }, [image(OLD), 'db keep postgres:16 1 always docker - - prepare - -'])
    app.release(LIVE, {}, [image(LIVE)])
    app
      .write({
        [`releases/${OLD}/env/web.env`]: `COLOR='old'\nGIT_SHA='1111'\nSENTRY_RELEASE='1111'\nRELEASE_ID='${OLD}'\nGONE='1'\n`,
        [`releases/${LIVE}/env/web.env`]: `COLOR='new'\nGIT_SHA='2222'\nADDED='a & b / c'\nRELEASE_ID='${LIVE}'\n`,
        [`releases/${OLD}/env/api.env`]: `ONLY='here'\n`,
        [`releases/${OLD}/slot-blue.json`]: slot,
        [`releases/${OLD}/slot-green.json`]: slot,
        [`releases/${OLD}/release.json`]: JSON.stringify({ id: OLD, fingerprint: 'f00', images: {} }),
        [`releases/${OLD}/bad`]: 'once',
      })
      .current(LIVE)
    expect(run(`repeat_release ${OLD} ${NEW}`)).toMatchObject({ status: 0, stderr: '' })
    return (path: string) => read(`releases/${NEW}/${path}`)
  }

  test('a repeated release has the live environment and its own commit; RELEASE_ID stands there once', () => {
    const file = repeated()
    expect(file('env/web.env').trim().split('\n').sort()).toEqual([
      ...["ADDED='a & b / c'", "COLOR='new'", "GIT_SHA='1111'", `RELEASE_ID='${NEW}'`, "SENTRY_RELEASE='1111'"],
    ])
    expect(file('env/api.env')).toBe("ONLY='here'\n") // the live release has no such service
  })

  test('a repeated release has an id of its own everywhere, and says whose it is', () => {
    const file = repeated()
    expect(file('settings')).toContain(`id=${NEW}\nof=${OLD}\n`)
    expect(file('settings')).not.toContain('fingerprint=f00')
    expect(file('services.tsv').split('\n')[0]?.split('\t')[9]).toBe(`deploy-actions/shop/web:${NEW}`)
    expect(JSON.parse(file('slot-blue.json')).services['web-blue'].labels).toEqual({ 'deploy-actions.release': NEW })
    expect(JSON.parse(file('release.json'))).toMatchObject({ id: NEW })
    expect(JSON.parse(file('release.json')).fingerprint).not.toBe('f00') // otherwise a deploy of the old one would count as unchanged
    expect(existsSync(join(app.path, `releases/${NEW}/bad`))).toBe(false)
  })

  test('of a release from before a rotation only the rotated keys are exchanged, where they are another value now', () => {
    repeated()
    app.write({
      'env-keys.tsv': [
        'env/a.env\tCOLOR\t20260101T120000Z\t20260101T120000Z\t-', // after the old one was made
        'env/a.env\tGONE\t20260101T120000Z\t20260101T120000Z\t-', // the live one has it no more
        'env/a.env\tADDED\t20260101T120000Z\t20260101T120000Z\t-', // the old one did not have it
        'env/a.env\tGIT_SHA\t20251231T120000Z\t20251231T120000Z\t-', // before it
        'env/a.env\tONLY\t20260101T120000Z\t-\t90',
        '',
      ].join('\n'),
    })
    expect(run(`run=$APP; rotated_since ${OLD}`)).toMatchObject({ stdout: 'COLOR\n', stderr: '' })
    const again = '20260104T000000Z-1111111-4.1'
    expect(run(`run=$APP; repeat_release ${OLD} ${again} rotated`)).toMatchObject({ status: 0, stderr: '' })
    expect(read(`releases/${again}/env/web.env`).trim().split('\n').sort()).toEqual([
      ...["COLOR='new'", "GIT_SHA='1111'", "GONE='1'", `RELEASE_ID='${again}'`, "SENTRY_RELEASE='1111'"],
    ])
    expect(run(`run=$APP; rotated_since ${LIVE}`).stdout).toBe('')
  })

  test('the release that is repeated stays as it was', () => {
    repeated()
    expect(read(`releases/${OLD}/env/web.env`)).toContain("COLOR='old'")
    expect(read(`releases/${OLD}/settings`)).toContain(`id=${OLD}\n`)
  })
})
