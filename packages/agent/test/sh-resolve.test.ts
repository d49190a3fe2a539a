import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
let old: AppFolder
beforeEach(() => {
  app = new AppFolder()
  old = new AppFolder()
  app.write({
    'run/resolve/options': 'project=shop\nunnamed=yes\ndirectory=.\nfile=compose.yaml\nenv_file=app.env\n',
    'run/source/compose.yaml': '',
  })
})
afterEach(() => {
  app.remove()
  old.remove()
})

inEachShell((shell) => {
  /** Compose only says how it was called. */
  const start = (...args: string[]) => {
    const code = `app_dir=$APP run=$APP/run; docker() { cat "$APP/folders" 2>/dev/null; }; command() { echo "$*" >"$APP/called"; echo '{}'; }; start_resolving ${args.join(' ')}; await_child "$resolving"`
    expect(shell.run(code, { APP: app.path })).toMatchObject({ status: 0, stderr: '' })
    return / -p (\S+) /.exec(readFileSync(join(app.path, 'called'), 'utf8'))?.[1]
  }
  const read = (path: string) => readFileSync(join(app.path, 'run', path), 'utf8')
  const resolved = (code = '') =>
    shell.run(`app_dir=$APP run=$APP/run; command() { :; }; ${code} resolve shop ${old.path}`, { APP: app.path }).stderr

  describe('the project', () => {
    test('is what the runner says', () => expect(start()).toBe('shop'))
    test('has the name under which people started it', () => expect(start('compose')).toBe('compose'))
    test('is that of the live release, where nobody gave a name', () => {
      app.release('R', { project: 'compose' }).current('R')
      expect(start()).toBe('compose')
      app.write({ 'run/resolve/options': 'project=mine\ndirectory=.\n' })
      expect(start()).toBe('mine')
    })
  })

  describe('the values of the host', () => {
    test('come from both folders, and those of the app win', () => {
      old.write({ '.env': 'A=old\nB=old\nCOMPOSE_FILE=x\n' })
      app.write({ '.env': 'A=app\n' })
      start('shop', old.path)
      expect(read('resolve/host.env')).toBe('A=old\nB=old\nA=app\n')
    })
    test('are found where the containers of the project say that it was started', () => {
      old.write({ '.env': 'A=old\n' })
      app.write({ folders: `${old.path}\n${old.path}\n` })
      start()
      expect(read('resolve/host.env')).toBe('A=old\n')
      app.release('R', { data_directory: old.path }).write({ folders: `${app.path}/releases/R\n${old.path}\n` })
      start()
      expect(read('resolve/host.env')).toBe('A=old\n') // after an uninstall
      app.write({ folders: `${old.path}\n/srv/other\n` })
      start()
      expect(read('resolve/host.env')).toBe('')
    })
    test('are found by the next release too', () => {
      old.write({ '.env': 'A=old\n' })
      app.release('R', { data_directory: old.path }).current('R')
      start()
      expect(read('resolve/host.env')).toBe('A=old\n')
    })
  })

  describe('an env file that the repository does not have', () => {
    test('comes from where the project was started, unless the app has one', () => {
      old.write({ 'app.env': 'K=old\n' })
      start('shop', old.path)
      expect(read('source/app.env')).toBe('K=old\n')
    })
    test('never takes the place of one that it has', () => {
      old.write({ 'app.env': 'K=old\n' })
      app.write({ 'run/source/app.env': 'K=repository\n' })
      start('shop', old.path)
      expect(read('source/app.env')).toBe('K=repository\n')
    })
  })

  test('a file that is there and cannot be read is said, with its owner', () => {
    old.write({ '.env': 'A=1' })
    const asNobody = `is_readable() { [ "$1" != "${old.path}/.env" ] || printf '%s' "$1" >"$run/unreadable"; return 1; };`
    expect(resolved(asNobody)).toMatch(
      new RegExp(`cannot read ${old.path}/.env, which belongs to \\S+ \\(mode 644\\).*chgrp .*\\(DA-ENV-UNREADABLE\\)`),
    )
  })

  test('one that Compose could not read, too', () => {
    const compose = `command() { echo 'open /etc/hostname: permission denied' >&2; return 1; };`
    expect(resolved(compose)).toMatch(/cannot read \/etc\/hostname, .*\(DA-ENV-UNREADABLE\)/)
  })

  test('what is the same there is told file by file, and which folders have more', () => {
    app.write({ 'run/source/a.conf': '1', 'run/source/b.conf': '1', 'run/source/conf.d/x': '1', 'run/source/more.d/y': '1' })
    old.write({ 'a.conf': '1', 'b.conf': '2', 'conf.d/x': '1', 'more.d/y': '1', 'more.d/z': '' })
    const { stdout } = shell.run(`app_dir=$APP run=$APP/run; compare ${old.path}`, { APP: app.path })
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.trim())
        .sort(),
    ).toEqual(['others\tmore.d', 'same\ta.conf', 'same\tconf.d/x', 'same\tmore.d/y'])
  })
})
