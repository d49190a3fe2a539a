import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('OLD').release('LIVE').history('OLD', 'LIVE').write({ 'switch/green': '' })
})
afterEach(() => app.remove())

const PARTS = `
  app_dir=$APP run=$APP in_session=yes
  find_edge() { :; }
  slot_is_running() { [ "$1 $RUNNING" = 'blue yes' ]; }
  slot_release() { case $1 in blue) printf OLD ;; green) printf LIVE ;; esac; }
  stop_slot() { echo "stopped $1"; }
`

inEachShell((shell) => {
  const cool = (id: string, running = 'yes') => shell.run(`${PARTS}cool_down ${id}`, { APP: app.path, RUNNING: running }).stdout

  test.each(['LIVE', '-'])('a good verdict on %s stops what was kept warm', (id) => {
    expect(cool(id)).toBe('. stopping OLD in blue, which was kept warm\nstopped blue\n= cooled release=OLD live=LIVE\n')
  })

  test('a verdict on another release than the live one stops nothing, and is told what is live', () => {
    expect(cool('OLDER')).toBe('= cooled release= live=LIVE\n')
  })

  test('nothing is warm: nothing is stopped', () => {
    expect(cool('LIVE', 'no')).toBe('= cooled release= live=LIVE\n')
  })

  test('a session takes it as a command', () => {
    app.write({ commands: 'cool LIVE\nquit\n' })
    const { stdout } = shell.run(`${PARTS}drop_lock() { :; }; follow_commands 4<"$APP/commands"`, { APP: app.path, RUNNING: 'yes' })
    expect(stdout).toContain('= cooled release=OLD live=LIVE\n')
  })

  test('a candidate in that slot is not warm, and stays', () => {
    app.write({ journal: 'phase=prepared\nrelease=NEW\nslot=blue\n' })
    expect(cool('LIVE')).toBe('= cooled release= live=LIVE\n')
  })
})
