import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
})
afterEach(() => app.remove())

inEachShell((shell) => {
  test.each<[string, string, string]>([
    ['green', 'green', 'ok'],
    ['blue green', 'blue', 'mended'],
    ['blue green', 'green', 'mended'],
    ['none blue', 'blue', 'mended'],
    ['', 'green', 'mended'],
  ])('with the flags %j and the live release in %s the switch is %s', (flags, holder, told) => {
    app
      .release('R')
      .write(Object.fromEntries(['switch/other', ...flags.split(' ').map((flag) => `switch/${flag || 'other'}`)].map((path) => [path, ''])))
    const code = `app_dir=$APP run=$APP; use_release R; slot=$(live_slot)
      slot_release() { [ "$1" != ${holder} ] || printf R; }
      mend 'the switch has one flag' has_one_flag keep_one_flag; echo "$slot"`
    expect(shell.run(code, { APP: app.path })).toEqual({
      status: 0,
      stdout: `${told.padEnd(8)}the switch has one flag\n${holder}\n`,
      stderr: '',
    })
    expect(readdirSync(join(app.path, 'switch')).sort()).toEqual([holder, 'other'].sort())
    if (told === 'mended') expect(statSync(join(app.path, 'switch', holder)).mode & 0o777).toBe(0o644)
  })

  test('a slot that is warm by choice is told by the timer that will stop it', () => {
    app.write({ 'bin/release': 'sleep 5\n' })
    const code = (holds: string) => `slot_release() { printf '${holds}'; }
      sh "$APP/bin/release" expire blue Q 60 >/dev/null 2>&1 & timer=$!
      for try in 1 2 3 4 5 6 7 8 9 10; do [ "$(tr '\\0' ' ' <"/proc/$timer/cmdline")" = "sh $APP/bin/release expire blue Q 60 " ] && break; sleep 0.1; done
      pgrep_expire blue && echo warm; pgrep_expire green && echo 'green too'; kill "$timer"`
    const run = (holds: string) => shell.run(code(holds), { APP: app.path }).stdout
    expect([run('Q'), run('R')]).toEqual(['warm\n', ''])
  })

  test.each([
    ['no release is live', '', 'none'],
    ['the live release is in green', 'web switch i 1 always http 8000 / - - -', 'green'],
    ['the live release switches nothing', 'db keep pg 1 always - - - prepare - -', 'none'],
  ])('a flag that is not there, when %s, is made as it has to be', (_when, service, flag) => {
    app.write({ 'switch/other': '' })
    if (service !== '') app.release('R', {}, [service]).current('R')
    const code =
      'app_dir=$APP run=$APP; list_containers() { :; }; slot_release() { [ "$1" != green ] || printf R; }; make_flag; echo "$release"'
    expect(shell.run(code, { APP: app.path })).toEqual({ status: 0, stdout: '\n', stderr: '' })
    expect(readdirSync(join(app.path, 'switch')).sort()).toEqual([flag, 'other'].sort())
  })

  test('keys that are older than the template lets them be are named, and nothing is wrong for that; damaged lines and files that are gone say nothing', () => {
    const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().replace(/[-:]|\.\d+/g, '')
    const line = (name: string, ago: number, days: string) => `${app.path}/env/a.env\t${name}\t${day(ago)}\t-\t${days}\n`
    const damaged = [`${app.path}/env/a.env\tNO_DATE\tgarbage\t-\t30\n`, `${app.path}/env/a.env\tEMPTY\t\t-\t30\n`, 'one\n']
    const odd = `${app.path}/env/a.env\tNO_DAY\t20269999T000000Z\t-\t30\n`
    const gone = `${app.path}/env/gone.env\tGONE\t20200101T000000Z\t-\t30\n`
    app.write({
      'env/a.env': '',
      'env-keys.tsv': line('FRESH', 80, '90') + damaged.join('') + odd + gone + line('STALE', 120, '90') + line('EVER', 900, '-'),
    })
    const said = shell.run('app_dir=$APP run=$APP sick=0; say_old_keys; echo "sick $sick"', { APP: app.path })
    expect(said).toEqual({
      status: 0,
      stderr: '',
      stdout: 'OLD     STALE in env/a.env has not changed for 120 days, and is to be rotated after 90\nsick 0\n',
    })
  })
})
