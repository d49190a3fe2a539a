import { existsSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('R', {}, ['web switch i 1 always http 8000 / - - -', 'db keep pg 1 always - - - prepare - -']).current('R')
  app.write({ 'releases/R/plain.json': '{}', 'releases/R/Caddyfile': '', 'switch/blue': '', 'base.applied': 'f' })
})
afterEach(() => app.remove())

// The release in blue, an old one stopped in green; and `plain1`, which plain Compose made.
const CONTAINERS = [
  'blue1|shop-blue|web-blue|running|False|name|||shop|R',
  'green1|shop-green|web-green|exited|False|name|||shop|Q',
  'edge1|shop-edge|edge|running|False|name|||shop|',
  'plain1|shop|web|created|False|name||||',
  'db1|shop|db|running|False|name||||',
]
const PARTS = `
  app_dir=$APP run=$APP
  begin_on_host() { :; }
  list_containers() { printf '%s\\n' ${CONTAINERS.map((line) => `'${line}'`).join(' ')}; }
  docker() { echo "docker $*" >>"$APP/done"; }
  compose() { echo "compose $2 $3" >>"$APP/done"; echo 'port is taken' >"$run/out"; [ "$3" != "$REFUSED" ]; }
  pull_release() { [ "$REFUSED" != pull ]; }
  apply_base() { echo "apply base" >>"$APP/done"; [ ! -e "$app_dir/base.applied" ]; }
`

inEachShell((shell) => {
  test('a timer of backups that cannot be removed is told in the last line, and it is not green', () => {
    const { status, stdout } = shell.run(`${PARTS}unschedule_backups() { return 1; }; uninstall_command`, { APP: app.path, REFUSED: '' })
    expect([status, stdout.trim().split('\n').at(-1)]).toEqual([1, expect.stringContaining('The timer of backups is still there')])
  })

  const uninstall = (REFUSED: string) => {
    const { status, stderr } = shell.run(`${PARTS}uninstall_command`, { APP: app.path, REFUSED })
    return { status, stderr, done: readFileSync(join(app.path, 'done'), 'utf8').trim().split('\n') }
  }

  test('what plain Compose refuses at once is said before anything is touched', () => {
    expect(uninstall('config')).toEqual({
      status: 1,
      stderr: 'error: Compose could not start the plain project; nothing was touched, and R serves (DA-UNINSTALL)\n',
      done: ['compose plain.json config'],
    })
  })

  test('an image that cannot be had, too', () => {
    expect(uninstall('pull')).toMatchObject({ status: 1, done: ['compose plain.json config'] })
  })

  test('when plain Compose does not start, slot and edge come back', () => {
    expect(uninstall('up')).toEqual({
      status: 1,
      stderr: 'error: Compose could not start the plain project; R serves again (DA-UNINSTALL)\n',
      done: [
        ...['compose plain.json config', 'docker stop blue1 edge1', 'compose plain.json up'],
        ...['docker rm -f plain1', 'docker start blue1 edge1', 'apply base'],
      ],
    })
    expect([existsSync(join(app.path, 'current')), readdirSync(join(app.path, 'switch'))]).toEqual([true, ['blue']])
  })

  test('when it runs, slots and edge go, and the app has no live release', () => {
    symlinkSync('current/by-hand.json', join(app.path, 'compose.yaml'))
    expect(uninstall('nothing')).toEqual({
      status: 0,
      stderr: '',
      done: [
        ...['compose plain.json config', 'docker stop blue1 edge1', 'compose plain.json up'],
        ...['docker rm -f edge1', 'docker rm -f blue1', 'docker rm -f green1'],
      ],
    })
    expect([readdirSync(join(app.path, 'switch')), existsSync(join(app.path, 'compose.plain.json'))]).toEqual([['none'], true])
    expect(readdirSync(app.path)).not.toContain('current')
    expect(readlinkSync(join(app.path, 'compose.yaml'))).toBe('compose.plain.json')
  })
})
