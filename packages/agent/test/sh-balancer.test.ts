import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

const BALANCER = '0a1b2c3d-0000-4000-8000-000000000000'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('OLD').history('OLD').release('NEW', { in_turn: 'cache', base_fingerprint: 'b' })
  app.write({ 'switch/blue': '', 'releases/NEW/networks.tsv': '' })
})
afterEach(() => app.remove())

// Of the way of a release what the balancer has to do with; the edge answers its health path by the file, as Caddy does.
const PARTS = `
  app_dir=$APP run=$APP in_session=yes
  mkfifo $APP/commands; exec 4<>$APP/commands
  find_edge() { edge=EDGE; }
  inspect() { echo '80 10080/tcp'; }
  open_edge_shell() { :; }
  ask() { if [ -e "$app_dir/switch/.out$3.out" ]; then echo 'HTTP/1.1 503'; else echo 'HTTP/1.1 200 OK'; fi >"$probe"; }
  step() { echo "step $*"; }
  networks_exist() { :; }
  record_release() { echo recorded; }
  has_switch() { return 1; }
  remove_orphans() { :; }
  remove_adopted() { :; }
  apply_base() { echo "made anew"; return "\${BASE:-0}"; }
  prune_releases() { :; }
  gather_assets() { :; }
  docker_answers() { :; }
  say() { printf '%s\\n' "$@" >&4; }
  use_release NEW; slot=green operation=deploy hosts=3
`

inEachShell((shell) => {
  const run = (code: string, env: Record<string, string> = {}) => {
    const { status, stdout, stderr } = shell.run(`${PARTS}${code}`, { APP: app.path, ...env })
    return { status, said: stdout.trim().split('\n'), stderr }
  }
  const has = (path: string) => existsSync(join(app.path, path))

  test('services wait for their turn; the host is noted as out before anything, its health path fails until it is back, and nothing is left of it', () => {
    const { said } = run(
      `in_turn=turn; say 'health 80 /up' 'aside ${BALANCER} 42 80 /up' drain base 'health 80 /up' back 'health 80 /up' returned over; finish_release`,
    )
    expect(said).toEqual([
      ...['recorded', '= waits services=cache', '= health status=200', '= health status=503', '= drained-aside'],
      ...['made anew', 'step tag_images', '= based status=yes', '= health status=503', '= back', '= health status=200', '= returned'],
    ])
    expect([has('taken-out'), has('switch/.out'), has('switch/closing'), has('journal')]).toEqual([false, false, false, false])
  })

  test('what it notes is the balancer, the droplet and the time', () => {
    run(`step_aside ${BALANCER} 42 80 /a/up`)
    expect(app.read('taken-out')).toMatch(new RegExp(`^balancer=${BALANCER}\ndroplet=42\nsince=20\\S+Z\n$`))
    expect([has('switch/.out/a/up.out'), has('switch/closing')]).toEqual([true, true])
  })

  test('without a runner that says whose turn it is, they are made anew in place', () => {
    expect(run('finish_release').said).toEqual(['recorded', 'made anew', 'step tag_images'])
  })

  test('where they are made anew already there is nothing to take the host out for', () => {
    app.write({ 'base.applied': 'b' })
    expect(run('in_turn=turn; say base over; finish_release').said).toContain('= waits services=')
  })

  test.each([
    ['before its turn', 'stopped'],
    ['while it is out', `'aside ${BALANCER} 42 80 /up' stopped`],
  ])('a runner that goes away %s leaves them for the next run, and a health path that answers', (_when, words) => {
    const { status, said } = run(`in_turn=turn; say ${words}; finish_release; echo no`)
    expect([status, said.at(-1)]).toEqual([1, expect.stringMatching(/^! DA-BALANCER-UNFINISHED NEW is final here, but cache is as before/)])
    expect(app.read('journal')).toMatch(/^phase=committed\n/)
    expect([has('taken-out'), has('switch/.out')]).toEqual([words !== 'stopped', false])
  })

  test('a runner that goes away when they are made anew: the host comes back by itself, and its note tells the next run', () => {
    const { status } = run(`in_turn=turn; say 'aside ${BALANCER} 42 80 /up' base stopped; finish_release`)
    expect(status).toBe(0)
    expect([has('journal'), has('taken-out'), has('switch/.out')]).toEqual([false, true, false])
  })

  test('what is not well stays out', () => {
    run(`in_turn=turn; say 'aside ${BALANCER} 42 80 /up' base stopped; finish_release`, { BASE: '1' })
    expect([has('taken-out'), has('switch/.out')]).toEqual([true, true])
  })

  const journal = (phase: string) => ({
    journal: `phase=${phase}\noperation=deploy\nrelease=NEW\nslot=green\nprevious=OLD\nverified=yes\nhosts=3\nconfirmed=yes\n`,
  })

  test.each(['committed', 'switched'])(
    'a run that takes hosts out finds what a dead one left in phase %s, and goes on in its turn',
    (phase) => {
      app.write(journal(phase))
      const { said } = run('has_turns=turns decision=commit; settle; tell_standing; in_turn=; say base over; finish_unfinished')
      expect(said.filter((line) => !line.startsWith('. '))).toEqual([
        ...['recorded', expect.stringMatching(/^= locked .* unfinished=yes$/), 'recorded'],
        ...['= waits services=cache', 'made anew', 'step tag_images', '= based status=yes', '= finished status=yes'],
      ])
      expect(has('journal')).toBe(false)
    },
  )

  test('a run that has to let the host go before it came to that takes nothing away from the live release', () => {
    app.write(journal('committed'))
    const parts = `undo_release() { echo undone; }; settled() { echo "settled $1"; }; env_give_up() { :; }; log_event() { :; }; printf cancel >$run/stop`
    const { said } = run(`${parts}; has_turns=turns; settle; stopped`)
    expect(said).not.toContain('undone')
    expect(said.at(-1)).toBe('settled aborted')
    expect(app.read('journal')).toMatch(/^phase=committed\n/)
  })

  test('any other run makes them anew in place', () => {
    app.write(journal('committed'))
    expect(run('settle; tell_standing').said).toEqual(expect.arrayContaining(['made anew', expect.stringMatching(/^= locked .* alone=$/)]))
  })

  test('every run begins with a health path that answers, and is told that the host is out', () => {
    run(`step_aside ${BALANCER} 42 80 /up`)
    expect(run('settle; tell_standing').said.at(-1)).toMatch(new RegExp(` out=${BALANCER}:42$`))
    expect(has('switch/.out')).toBe(false)
  })

  test('a port that is not of the edge is no health check of it', () => {
    expect(run('tell_health 8080 /up').said).toEqual(['= health status=none'])
  })

  test('doctor says that the host is out, and how to put it back', () => {
    run(`step_aside ${BALANCER} 42 80 /up`)
    const { said } = run('sick=0; say_taken_out; echo "sick $sick"')
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(`^UNSURE  this host was taken out of the balancer ${BALANCER} .*add-droplets ${BALANCER} --droplet-ids 42 && rm`),
      ),
      'sick 1',
    ])
  })
})
