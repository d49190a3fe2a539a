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
      app.release('R', { data_directory: old.path }).write({ folders: `${app.path}/releases/R|/dev/null\n${old.path}|\n` })
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

  describe('the values of files that were named with --env-file', () => {
    test('take the place of the .env beside them, and relative ones begin there', () => {
      old.write({ '.env': 'A=not asked\n', '.env.production': 'A=production', 'more.env': 'B=more\n' })
      app.write({ folders: `${old.path}|.env.production,${old.path}/more.env\n${old.path}|\n`, '.env': 'C=app\n' })
      start()
      expect(read('resolve/host.env')).toBe('A=production\nB=more\nC=app\n')
    })
    test('are nobody knows which where the containers tell of different ones', () => {
      old.write({ '.env': 'A=old\n', a: 'A=a\n', b: 'A=b\n' })
      app.write({ folders: `${old.path}|a\n${old.path}|b\n` })
      start()
      expect(read('resolve/host.env')).toBe('A=old\n')
    })
    test('are known to the next release, and after an uninstall', () => {
      old.write({ '.env.production': 'A=production\n' })
      app
        .release('R', { data_directory: old.path, env_files: `${old.path}/.env.production` })
        .write({ folders: `${app.path}/releases/R|\n` })
      start()
      expect(read('resolve/host.env')).toBe('A=production\n')
      app.current('R')
      start()
      expect(read('resolve/host.env')).toBe('A=production\n')
    })
  })

  describe('a file that needs what the folder of a project of another name has', () => {
    /** Compose wants app.env; containers of two projects run. */
    const compose = `docker() { case "$*" in *--filter*) ;; *) printf '%s' "$PROJECTS" ;; esac; }
      command() { [ -e "$run/source/app.env" ] && echo '{}' || { echo 'env file not found' >&2; return 1; }; }`
    const ask = (code = '', projects = `other|/srv/none\ndeploy|${old.path}\n`) =>
      shell.run(`app_dir=$APP run=$APP/run; ${compose}; ${code} resolve`, { APP: app.path, PROJECTS: projects })

    test('is resolved as that project, and the runner is told', () => {
      old.write({ 'app.env': 'K=old\n' })
      const { status, stdout } = ask('event() { echo "= $*"; };')
      expect({ status, first: stdout.split('\n')[0] }).toEqual({ status: 0, first: '= resolved-as project=deploy' })
    })
    test('is refused in the words of its own first try where no folder helps, and nothing of the others is left', () => {
      const { status, stderr } = ask()
      expect(status).toBe(1)
      expect(stderr).toMatch(/env file not found.*DA-COMPOSE-INVALID/)
    })
    test('is not looked for elsewhere once there is a release, or somebody named the project', () => {
      old.write({ 'app.env': 'K=old\n' })
      app.write({ 'run/resolve/options': 'project=mine\ndirectory=.\nfile=compose.yaml\nenv_file=app.env\n' })
      expect(ask().status).toBe(1)
    })
    test('gets none of the env files of a project that was tried before: those in the app are the first', () => {
      old.write({ 'app.env': 'K=old\n' })
      app.write({ 'second/app.env': 'K=second\n' })
      const wantsOld = `command() { cat "$run/source/app.env" >>"$run/seen" 2>/dev/null; grep -qs old "$run/source/app.env" && echo '{}'; };`
      expect(ask(wantsOld, `a|${old.path}\nz|${app.path}/second\n`).status).toBe(0)
      expect(read('seen')).toBe('K=second\nK=old\n')
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
