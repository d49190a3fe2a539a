import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { testWith } from '../../../test/needs-tool.ts'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

const RELEASE = '20260131T093000Z-1a2b3c4-1.1'
const HEARTBEAT = 'https://watch.example/ping/secret-word'
const idOf = (hoursAgo: number) => new Date(Date.now() - hoursAgo * 3_600_000).toISOString().replace(/[-:]|\.\d+/g, '')

let app: AppFolder
beforeEach(() => {
  app = new AppFolder().release(RELEASE, { databases: 'db:postgres-15' }, ['db keep s 1 always - - - prepare - -']).history(RELEASE)
  for (const made of ['backups', 'units', 'bin']) mkdirSync(join(app.path, made))
  app.write({ heartbeat: `${HEARTBEAT}\n` })
})
afterEach(() => app.remove())

inEachShell((shell) => {
  const program = (name: string, does: string) => {
    writeFileSync(join(shell.programs, name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>${app.path}/calls\n${does}\n`)
    chmodSync(join(shell.programs, name), 0o755)
  }
  const calls = () => (existsSync(join(app.path, 'calls')) ? app.read('calls').trim().split('\n') : [])
  beforeEach(() => {
    program('docker', `case "$*" in ps\\ *) echo 'c1|shop|db|running|False|shop-db-1||||' ;; esac`)
    program('systemctl', '')
    program(
      'systemd-analyze',
      "case $2 in never) echo 'Failed to parse calendar' >&2; exit 1 ;; *) echo '    Next elapse: Mon 2026-11-23 03:17:00 UTC' ;; esac",
    )
    program('curl', 'cat >>$TMPDIR/curl.in')
  })
  afterEach(() => {
    for (const name of ['systemctl', 'systemd-analyze', 'curl', 'docker']) rmSync(join(shell.programs, name), { force: true })
    rmSync(join(shell.env.TMPDIR as string, 'curl.in'), { force: true })
  })
  const on = (code: string) =>
    shell.run(
      `in_session=yes; app_dir=${app.path}; units=$app_dir/units; backups=$app_dir/backups; use_release ${RELEASE}; open_run; : >$run/v; ${code}; echo "ended $?"`,
    ).stdout
  const schedule = (calendar = 'daily', hours = '26', heartbeat = '$app_dir/heartbeat') =>
    on(`schedule_backups db '${calendar}' 7,4,12 '${hours}' $run/v ${heartbeat}`)
  const units = () => readdirSync(join(app.path, 'units')).sort()
  const made = (id: string) => app.write({ [`backups/${id}/manifest.json`]: `{\n  "service": "db",\n  "sha256": "x"\n}\n` })

  test('a timer of systemd that catches up, and a service; the address of the heartbeat is in no unit and no argument', () => {
    expect(schedule('*-*-* 03:17:00')).toMatch(/next: Mon 2026-11-23[\s\S]*ended 0/)
    const name = 'deploy-actions-backup-shop'
    expect(units()).toEqual([`${name}.service`, `${name}.timer`])
    expect(app.read(`units/${name}.timer`)).toMatch(/^OnCalendar=\*-\*-\* 03:17:00\nPersistent=true$/m)
    expect(app.read(`units/${name}.service`)).toContain(`ExecStart=${app.path}/bin/release backup scheduled\n`)
    expect(calls().filter((call) => call.startsWith('systemctl'))).toEqual([
      'systemctl daemon-reload',
      `systemctl enable --now ${name}.timer`,
    ])
    expect(statSync(join(app.path, 'schedule/heartbeat')).mode & 0o777).toBe(0o600)
    expect(`${calls()}${units().map((unit) => app.read(`units/${unit}`))}`).not.toContain('secret-word')
  })

  test.each<[string, readonly [string, string, string], RegExp]>([
    ['a time that systemd does not know', ['never', '26', '-'], /does not know the time "never": Failed to parse/],
    ['a time with another line', ['daily\nExecStart=/bin/sh', '26', '-'], /is no time as systemd writes it/],
    ['hours that are none', ['daily', 'soon', '-'], /is no number of hours/],
    ['an address without TLS', ['daily', '26', '$app_dir/plain'], /no https address/],
    ['an address with another option', ['daily', '26', '$app_dir/option'], /no https address/],
    ['a second line without an end', ['daily', '26', '$app_dir/two'], /no https address/],
  ])('%s is refused, and nothing is left', (_what, [calendar, hours, heartbeat], said) => {
    app.write({
      two: `${HEARTBEAT}\nfile = /etc/passwd`,
      plain: 'http://watch.example\n',
      option: 'https://watch.example"\noutput = "/etc/passwd"\n',
    })
    expect(schedule(calendar, hours, heartbeat)).toMatch(new RegExp(`DA-BACKUP-SCHEDULE[\\s\\S]*${said.source}[\\s\\S]*ended 1`))
    expect([units(), existsSync(join(app.path, 'schedule'))]).toEqual([[], false])
  })

  test('a host whose systemd does not take it has no timer afterwards', () => {
    program('systemctl', "case $1 in enable) echo 'System has not been booted with systemd' >&2; exit 1 ;; esac")
    expect(schedule()).toMatch(/systemd does not take the timer: System has not been booted[\s\S]*ended 1/)
    expect([units(), existsSync(join(app.path, 'schedule'))]).toEqual([[], false])
  })

  const run = (makes: string) =>
    on(`make_backup() { backup_id=20260201T000000Z; ${makes}; }; prune_backups() { echo "pruned $*"; }; scheduled_backup`)

  test('what the timer makes is pruned, and the heartbeat is told of it by standard input; one that fails is told to nobody', () => {
    schedule()
    expect(run(':')).toMatch(/pruned db 7 4 12\nended 0/)
    expect(shell.run(`cat $TMPDIR/curl.in`).stdout).toBe(`url = "${HEARTBEAT}"\n`)
    rmSync(join(shell.env.TMPDIR as string, 'curl.in'))
    expect(run('return 1')).toContain('ended 1')
    expect(run('backup_id=nothing-to-back-up')).toContain('ended 0')
    expect(existsSync(join(shell.env.TMPDIR as string, 'curl.in'))).toBe(false)
  })

  test('a database that is still coming up is waited for; one that never does, or does not run, is left to the backup to tell', () => {
    schedule()
    const comes = (running: string, answers: string) =>
      on(
        `now=0; now_ms() { now=$((now + 10000)); }; pause() { echo "paused $1"; }; running_of() { ${running}; }; psql_server() { echo x >>$run/asked; ${answers}; };
        make_backup() { echo made; return 1; }; scheduled_backup`,
      )
    expect(comes('echo c1', '[ "$(grep -c . $run/asked)" -ge 3 ]')).toBe('paused 1\npaused 1\nmade\nended 1\n')
    expect(comes('echo c1', 'false')).toMatch(/^(?:paused 1\n)+made\nended 1\n$/)
    expect(comes(':', 'false')).toBe('made\nended 1\n')
  })

  test('while something is paused that a backup has left, no heartbeat is told', () => {
    schedule()
    app.write({ 'backup.paused': 'run=dead\nids=c1\n' })
    program('docker', 'case "$*" in *State.Status*) echo paused ;; *) exit 1 ;; esac')
    expect(run('pause() { :; }')).toMatch(/DA-BACKUP-VOLUME .* docker unpause c1\nended 1/)
    expect(existsSync(join(shell.env.TMPDIR as string, 'curl.in'))).toBe(false)
  })

  test('a heartbeat that does not answer is a warning', () => {
    schedule()
    program('curl', 'exit 22')
    expect(run(':')).toMatch(/warning: the backup is made, and its heartbeat could not be told\nended 0/)
  })

  test('overdue is what the timer should have made since: told to status, doctor and the runner', () => {
    const hours = () => on('overdue_hours').trim()
    expect(hours()).toBe('ended 1')
    schedule()
    expect(hours()).toBe('ended 1')
    made(idOf(25))
    expect(hours()).toBe('ended 1')
    rmSync(join(app.path, 'backups', readdirSync(join(app.path, 'backups'))[0] as string), { recursive: true })
    made(idOf(40))
    expect(hours()).toBe('40ended 0')
    expect(on('check_schedule; echo "sick $sick"')).toMatch(/WRONG {3}the last backup is 40 hours old, and 26 are allowed[\s\S]*sick 1/)
    expect(on('each_service() { :; }; docker() { :; }; release_facts')).toMatch(/^backup-overdue\t40\t26$/m)
    // One without the volumes that the timer takes along is another backup.
    app.write({ 'schedule/volumes': 'uploads \n' })
    made(idOf(1))
    expect(hours()).toBe('ended 1')
    app.write({ 'schedule/settings': app.read('schedule/settings').replace(/since=.*/, `since=${idOf(30)}`) })
    expect(hours()).toBe('30ended 0')
  })

  test('unscheduled, nothing of it is left', () => {
    schedule()
    expect(on('unschedule_backups')).toContain('ended 0')
    expect([units(), existsSync(join(app.path, 'schedule')), calls().filter((call) => call.includes('disable'))]).toEqual([
      [],
      false,
      ['systemctl disable --now deploy-actions-backup-shop.timer'],
    ])
  })

  test('what cannot be unscheduled is an error, and stays whole so that it can be tried again', () => {
    const name = 'deploy-actions-backup-shop'
    schedule()
    program('systemctl', 'echo Access denied >&2; exit 1')
    expect(on('unschedule_backups')).toMatch(/DA-BACKUP-SCHEDULE systemd does not let go of .*Access denied[\s\S]*ended 1/)
    program('systemctl', '')
    expect(on('rm() { :; }; unschedule_backups')).toMatch(/DA-BACKUP-SCHEDULE .* could not be removed[\s\S]*ended 1/)
    expect([units(), existsSync(join(app.path, 'schedule'))]).toEqual([[`${name}.service`, `${name}.timer`], true])
  })

  test('units of another folder with an app of the same name are neither replaced nor removed', () => {
    schedule()
    const service = 'units/deploy-actions-backup-shop.service'
    app.write({ [service]: app.read(service).replaceAll(app.path, '/opt/other') })
    const before = app.read(service)
    expect(schedule()).toMatch(/DA-BACKUP-SCHEDULE .* another folder .*\(\/opt\/other\)[\s\S]*ended 1/)
    expect(on('unschedule_backups')).toContain('ended 0')
    expect([app.read(service), units().length]).toEqual([before, 2])
  })

  test('by hand a heartbeat whose file is not there, or is empty, is refused', () => {
    app.write({ empty: '' })
    for (const file of ['missing', 'empty'])
      expect(shell.run(`in_session=yes; app_dir=${app.path}; backup_command schedule --heartbeat $app_dir/${file}`).stdout).toMatch(
        new RegExp(`^! DA-INPUT-INVALID --heartbeat: there is no file .*/${file} with anything in it$`, 'm'),
      )
  })

  testWith('systemd-analyze', 'systemd finds nothing wrong with the units', () => {
    schedule('*-*-* 03:17:00')
    app.write({ 'bin/release': '#!/bin/sh\n' })
    chmodSync(join(app.path, 'bin/release'), 0o755)
    const [service = '', timer = ''] = units().map((unit) => join(app.path, 'units', unit))
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', service, timer], { encoding: 'utf8' })
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('deploy-actions-backup'))).toEqual([])
  })
})
