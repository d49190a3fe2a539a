import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('R', { edge_image: 'caddy:2', drain_timeout: '1000' }, ['web switch i 1 always http 8000 / - - -']).history('R')
  app.write({ 'releases/R/Caddyfile': 'new', 'edge/config/Caddyfile': 'old', 'edge/candidate': 's', 'switch/blue': '', done: '' })
})
afterEach(() => app.remove())

const there = (path: string) => existsSync(join(app.path, path))

/**
 * A host with an edge; what it is told to do is written down. Functions that a test defines take the place of these.
 * The program that runs in the edge is the text of `serves`: the image's own is "image", that of another image "newer".
 */
const parts = `
  app_dir=$APP run=$APP edge=e operation=
  begin_on_host() { :; }
  load_current() { use_release R; slot=blue edge=e; }
  pull_all() { echo "pull $*" >>"$APP/done"; }
  pause() { :; }
  edge_runs() { :; }
  find_edge() { :; }
  await_edge() { :; }
  serving=$APP/serves
  [ -e "$serving" ] || echo image >"$serving"
  in_place() { if [ -e "$APP/edge/config/program/caddy" ]; then cat "$APP/edge/config/program/caddy"; else echo image; fi; }
  exchange() { [ -e "$APP/switch/closing" ] && echo 'clients asked to come back' >>"$APP/done"; in_place >"$serving"; }
  inspect() { case $1 in *Cmd*) echo '["sh","-c","trap start USR1"]' ;; *) echo sha256:before ;; esac; }
  serves_the_program() { [ "$(cat "$serving")" = "$(in_place)" ]; }
  words=''
  docker() {
    case "$*" in
      'run '*'cat "$(command -v caddy)"'*) echo newer ;;
      'run '*validate*) echo "validate $*" >>"$APP/done"; return "\${refuses:-0}" ;;
      'image inspect'*) echo sha256:now ;;
      'exec -e PATH=/etc/caddy/program.next:'*' e sh -c '*) [ -e "$APP/edge/config/program.next/caddy" ] ;;
      'exec -e PATH=/etc/caddy/program:'*' e sh -c '*) [ "$(in_place)" = newer ] ;;
      'exec e sh -c pidof '*) return "\${broken:-0}" ;;
      'exec e '*' version') echo "$(cat "$serving") h1:x" ;;
      'exec e '*' validate'*) echo "$*" >>"$APP/done"; return "\${refuses:-0}" ;;
    esac
  }
  setsid() { exchange; }
  compose_edge() { echo "recreated with $(edge_image)" >>"$APP/done"; }
`

inEachShell((shell) => {
  const run = (code: string) => shell.run(`${parts}${code}`, { APP: app.path })
  const done = () => app.read('done').trim().split('\n')

  test('the newer Caddy takes over in the container: clients are asked to come with new connections meanwhile', () => {
    const { status, stdout, stderr } = run('edge_command upgrade')
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^Caddy newer took over from image without a gap, after \d+ ms$/m)
    expect(status).toBe(0)
    expect(done()).toEqual([
      ...['pull caddy:2', 'exec e /etc/caddy/program.next/caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile'],
      'clients asked to come back',
    ])
    expect([app.read('serves'), app.read('edge/config/program/caddy'), app.read('edge/config/Caddyfile')]).toEqual([
      ...['newer\n', 'newer\n', 'old'],
    ])
    for (const left of ['switch/closing', 'edge/upgrading', 'edge/config/program.next', 'edge/config/program/caddy.before'])
      expect([left, there(left)]).toEqual([left, false])
    // The newer one knows how to keep streams over a reload.
    expect(app.read('edge/config/stream-options')).toContain('stream_close_delay')
  })

  test('the same Caddy once more changes nothing', () => {
    app.write({ 'edge/config/program/caddy': 'newer\n', serves: 'newer' })
    expect(run('edge_command upgrade').stdout).toContain('the edge has Caddy newer of caddy:2 already')
    expect(done()).toEqual(['pull caddy:2'])
    expect(there('edge/config/program.next')).toBe(false)
  })

  test('a registry that does not answer is no reason, where the image is here', () => {
    const gone = 'pull_all() { echo "0 caddy:2" >"$run/pull.failed"; }'
    expect(run(`${gone}; edge_command upgrade`).stdout).toContain('took over')
    expect(run(`${gone}; present() { false; }; pull_images() { die DA-IMAGE-PULL x; }; edge_command upgrade`)).toMatchObject({ status: 1 })
  })

  describe('nothing changes where', () => {
    test.each([
      ['the container is of an earlier version', 'inspect() { echo caddy run; }', 'DA-EDGE-UPGRADE', '--recreate'],
      ['the newer one does not start there', 'broken=127', 'DA-EDGE-UPGRADE', '--recreate'],
      ['the newer one refuses the configuration', 'refuses=1', 'DA-EDGE-CONFIG', 'Caddy refuses'],
      ['the image has no Caddy', 'docker() { return 1; }', 'DA-EDGE-UPGRADE', 'could not be taken out of the image'],
      ['the edge does not run', 'edge_runs() { false; }', 'DA-EDGE-UPGRADE', 'release doctor'],
      ['no service is switched', 'has_switch() { false; }', 'DA-EDGE-UPGRADE', 'no edge'],
    ])('%s', (_what, change, code, words) => {
      const { status, stderr } = run(`${change}; edge_command upgrade`)
      expect(stderr).toContain(code)
      expect(stderr).toContain(words)
      expect([status, app.read('serves').trim() || 'image', there('edge/config/program.next'), there('edge/config/program')]).toEqual([
        ...[1, 'image', false, false],
      ])
      expect(there('edge/config/stream-options')).toBe(false)
    })
  })

  test.each([
    ['the image', undefined],
    ['an upgrade before', 'older\n'],
  ])('one that does not take over is taken back: after a restart the one of %s serves', (_what, before) => {
    if (before !== undefined) app.write({ 'edge/config/program/caddy': before, serves: before })
    const { status, stderr } = run('exchange() { :; }; edge_command upgrade')
    expect([status, stderr]).toEqual([1, expect.stringContaining('DA-EDGE-UPGRADE')])
    expect(there('edge/config/program/caddy') ? app.read('edge/config/program/caddy') : undefined).toBe(before)
    for (const left of ['switch/closing', 'edge/upgrading', 'edge/config/program/caddy.before'])
      expect([left, there(left)]).toEqual([left, false])
  })

  describe('an upgrade that died is settled by whoever comes next', () => {
    test.each([
      ['before the program was in its place', undefined, 'image'],
      ['before the exchange', 'newer\n', 'newer'],
    ])('%s', (_where, program, serves) => {
      app.write({
        'edge/upgrading': '',
        'edge/config/program.next/caddy': 'newer\n',
        ...(program && { 'edge/config/program/caddy': program }),
      })
      run('settle')
      expect(app.read('serves').trim()).toBe(serves)
      expect([there('edge/upgrading'), there('edge/config/program.next')]).toEqual([false, false])
    })
  })

  test('`--recreate` makes the container anew, with the configuration of the release and the program of its image', () => {
    app.write({ 'edge/config/program/caddy': 'older' })
    expect(run('edge_command upgrade --recreate').stdout).toMatch(/edge recreated; it did not answer for at most \d+ ms/)
    expect(done().slice(1)).toEqual([expect.stringContaining('caddy:2 caddy validate'), 'recreated with caddy:2'])
    expect([app.read('edge/config/Caddyfile'), there('edge/config/program')]).toEqual(['new', false])
  })

  test('a Caddy that refuses the configuration is not made anew', () => {
    expect(run('refuses=1; edge_command upgrade --recreate')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('DA-EDGE-CONFIG'),
    })
    expect([done().length, app.read('edge/config/Caddyfile')]).toEqual([2, 'old'])
  })

  test.each(['edge_command', 'edge_command upgrade now', 'edge_command downgrade'])('`%s` is answered with how it is used', (asked) => {
    expect(run(asked).stderr).toContain('usage: release edge upgrade [--recreate]')
  })

  describe('the image of the edge', () => {
    const image = (code: string) => run(`use_release R; ${code}; edge_image`).stdout

    test('is what the last deploy named, also one that had nothing else to do', () => {
      expect(image(':')).toBe('caddy:2')
      expect(run('note_edge_image caddy:2; note_edge_image caddy:2.11').stdout).toContain('`edge-image` is caddy:2.11 now, and was caddy:2')
      expect(image(':').trim()).toBe('caddy:2.11')
      expect(run('note_edge_image caddy:2.11').stdout).toBe('')
    })

    test('a release that is on its way brings its own, and a rollback does not', () => {
      app.release('NEXT', { edge_image: 'caddy:3' }).write({ 'edge/image': 'caddy:2.11\n' })
      expect(image('operation=deploy; use_release NEXT')).toBe('caddy:3')
      expect(image('operation=rollback; use_release NEXT').trim()).toBe('caddy:2.11')
    })
  })

  test('where an upgrade has put a program, configurations are checked and loaded by it', () => {
    expect(run('caddy_of_edge').stdout).toBe('caddy')
    run(
      'mkdir -p "$APP/edge/config/program"; : >"$APP/edge/config/program/caddy"; chmod 755 "$APP/edge/config/program/caddy"; reload_edge; :',
    )
    expect(run('caddy_of_edge').stdout).toBe('/etc/caddy/program/caddy')
  })
})
