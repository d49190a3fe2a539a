import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

const DAY = 86_400_000
const idOf = (at: number) => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')
const timeOf = (id: string) => Date.parse(id.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))

/** The rule in other words: the newest of each of the last days, weeks (from Monday) and months that have one. */
function kept(ids: readonly string[], [daily, weekly, monthly]: readonly [number, number, number]): string[] {
  const newestFirst = [...ids].sort().reverse()
  const pick = (keyOf: (at: number) => string, count: number) => {
    const first = new Map<string, string>()
    for (const id of newestFirst) if (!first.has(keyOf(timeOf(id)))) first.set(keyOf(timeOf(id)), id)
    return [...first.values()].slice(0, count)
  }
  const day = (at: number) => String(Math.floor(at / DAY))
  // The 1st of January 1970 was a Thursday.
  const week = (at: number) => String(Math.floor((Math.floor(at / DAY) + 3) / 7))
  const month = (at: number) => new Date(at).toISOString().slice(0, 7)
  const all = new Set([...newestFirst.slice(0, 1), ...pick(day, daily), ...pick(week, weekly), ...pick(month, monthly)])
  return newestFirst.filter((id) => all.has(id))
}

/** The same numbers each time. */
function numbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * limit)
  }
}

const sum = (text: string) => createHash('sha256').update(text).digest('hex')

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
    .release('20260131T093000Z-1a2b3c4-1.1', { databases: 'db:postgres-15' }, ['db keep pg 1 always - - - prepare - -'])
    .history('20260131T093000Z-1a2b3c4-1.1')
  mkdirSync(join(app.path, 'backups'))
})
afterEach(() => app.remove())

inEachShell((shell) => {
  const keep = (ids: readonly string[], rule: readonly number[]) =>
    shell
      .run(`printf '%s\\n' ${ids.join(' ')} | kept_backups ${rule.join(' ')}`)
      .stdout.split('\n')
      .filter((id) => id !== '')

  test('what is kept over years is what the rule says, and never nothing', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const next = numbers(seed)
      const count = 1 + next(900)
      let at = Date.UTC(2023, next(12), 1 + next(28))
      // Some days have several, some weeks none.
      const ids = Array.from({ length: count }, () => {
        at += (next(10) === 0 ? next(40) * DAY : 0) + 3_600_000 + next(1.5 * DAY)
        return idOf(at)
      })
      const rule = [1 + next(9), next(6), next(14)] as const
      expect(keep(ids, rule)).toEqual(kept(ids, rule))
    }
    expect(keep(['20260131T093000Z'], [0, 0, 0])).toEqual(['20260131T093000Z'])
  })

  test('pruned day by day for more than a year, 7 daily, 4 weekly and 12 monthly are there in the end', () => {
    const nights = Array.from({ length: 400 }, (_, night) => idOf(Date.UTC(2023, 0, 1, 3) + night * DAY))
    const left = shell
      .run(`left=''; for id in ${nights.join(' ')}; do left=$(printf '%s\\n' $left $id | kept_backups 7 4 12); done; printf '%s\\n' $left`)
      .stdout.trim()
      .split('\n')
    const ages = left.map((id) => (timeOf(nights.at(-1) as string) - timeOf(id)) / DAY)
    expect(ages.slice(0, 7)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(new Set(left.map((id) => id.slice(0, 6))).size).toBeGreaterThanOrEqual(12)
    expect([left.length <= 7 + 4 + 12, Math.max(...ages) > 300, Math.max(...ages) < 370]).toEqual([true, true, true])
  })

  const backup = (id: string, size = 100, service = 'db') =>
    app.write({
      [`backups/${id}/manifest.json`]: `{\n  "id": "${id}",\n  "app": "shop",\n  "service": "${service}",\n  "size": ${size},\n  "sha256": "${sum('x')}"\n}\n`,
      [`backups/${id}/database.dump`]: 'x',
    })
  const there = () => readdirSync(join(app.path, 'backups')).sort()
  const on = (code: string) =>
    shell.run(
      `run=$TMPDIR/run; mkdir -p $run; app_dir=${app.path}; backups=$app_dir/backups; use_release 20260131T093000Z-1a2b3c4-1.1; ${code}`,
    )

  test('a backup that a kept release could be restored with is not pruned, and nothing that is no backup', () => {
    for (const id of ['20260130T000000Z', '20260130T010000Z', '20260201T000000Z', '20260202T000000Z']) backup(id)
    app.write({
      'backups/env/a.env': 'x',
      'migrations.tsv': 't\talembic\tweb\t1\t2\tcrossing\t20260201T000000Z\t-\nt\talembic\tweb\t0\t1\t-\t20260130T000000Z\t-\n',
    })
    on('prune_backups db 1 0 0')
    expect(there()).toEqual(['20260201T000000Z', '20260202T000000Z', 'env'])
  })

  test('where no file can be written prune removes what the rule says and no more', () => {
    for (const id of ['20260130T000000Z', '20260201T000000Z', '20260202T000000Z']) backup(id)
    on('run=$run/missing; prune_backups db 2 0 0')
    expect(there()).toEqual(['20260201T000000Z', '20260202T000000Z'])
  })

  test.each(['return 0', 'echo 20260130T000000Z', 'echo 20260202T000000Z; return 1'])(
    'without a list of what to keep that can be right (%s) nothing is pruned, here and in a store',
    (answer) => {
      const ids = ['20260130T000000Z', '20260201T000000Z', '20260202T000000Z']
      for (const id of ids) backup(id)
      const broken = `kept_backups() { cat >/dev/null; ${answer}; }; in_session=yes; open_run`
      expect(on(`${broken}; prune_backups db 1 0 0; echo "ended $?"`).stdout).toMatch(/DA-BACKUP-KEPT[\s\S]*ended 1/)
      expect(there()).toEqual(ids)
      const { stdout } = on(
        `${broken}; mkdir $run/backup; printf '%s\\n' ${ids.join(' ')} >$run/backup/stored; tell_kept 1,0,0; echo "ended $?"`,
      )
      expect(stdout).toMatch(/DA-BACKUP-KEPT[\s\S]*ended 1/)
    },
  )

  /** A Docker whose one container is a PostgreSQL: what its programs print and how they end. */
  const postgres = (programs: Readonly<Record<string, string>>) => {
    const cases = Object.entries(programs).map(([pattern, does]) => `  *'${pattern}'*) ${does} ;;`)
    const text = `#!/bin/sh\ncase "$*" in\n  ps\\ *) echo 'c1|shop|db|running|False|shop-db-1||||' ;;\n${cases.join('\n')}\n  *) exit 9 ;;\nesac\n`
    writeFileSync(join(shell.programs, 'docker'), text)
    chmodSync(join(shell.programs, 'docker'), 0o755)
  }
  const well = {
    'select count': 'echo 3',
    pg_dump: 'printf dump-of-3-tables',
    '--list': `cat >/dev/null; echo '; Archive'; for one in '1259 1 TABLE public a' '1259 2 TABLE public b' '0 2 TABLE ATTACH public b' '1259 3 MATERIALIZED VIEW public c' '0 1 TABLE DATA public a' '1259 4 FOREIGN TABLE public d' '0 3 MATERIALIZED VIEW DATA public c'; do echo "215; $one ann"; done`,
    '--file=/dev/null': 'cat >/dev/null',
    server_version: 'echo 15.18',
  }
  const make = () => on('in_session=yes; open_run; make_backup db test; echo "made $? $backup_id"')

  test('a backup is a dump that was read back, with its manifest, for its owner alone', () => {
    postgres(well)
    expect(make().stdout).toMatch(/made 0 \d{8}T\d{6}Z/)
    const [id = ''] = there()
    expect(JSON.parse(app.read(`backups/${id}/manifest.json`))).toMatchObject({
      id,
      size: 16,
      tables: 3,
      version: '15.18',
      service: 'db',
      release: '20260131T093000Z-1a2b3c4-1.1',
    })
    expect(
      shell
        .run(`stat -c %a ${join(app.path, 'backups', id)}/*`)
        .stdout.trim()
        .split('\n'),
    ).toEqual(['600', '600'])
  })

  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'pg_dump ends with an error',
      { pg_dump: "echo half; echo 'permission denied for table x' >&2; exit 1" },
      'DA-BACKUP-FAILED pg_dump failed: permission denied',
    ],
    [
      'the dump is truncated',
      { '--file=/dev/null': "echo 'unexpected end of file' >&2; exit 1" },
      'DA-BACKUP-BROKEN the dump cannot be read back: unexpected end of file',
    ],
    ['no table is in it', { '--list': 'cat >/dev/null; echo nothing' }, 'DA-BACKUP-BROKEN'],
    ['the disk is full', { pg_dump: "echo 'write: No space left on device' >&2; exit 1" }, 'DA-HOST-DISK'],
    ['the server does not answer', { 'select count': 'exit 2' }, 'DA-BACKUP-FAILED PostgreSQL in db does not answer'],
  ])('%s: there is no backup, and it is said why', (_what, wrong, said) => {
    postgres({ ...well, ...wrong })
    const { stdout } = make()
    expect(stdout).toContain(said)
    expect([stdout.includes('made 1'), there()]).toEqual([true, []])
  })

  const empty = { ...well, 'select count': 'echo 0', psql: 'echo postgres', printf: 'echo shop' }
  test('one of half the size is refused; without tables there is nothing to back up', () => {
    postgres(empty)
    expect(make().stdout).toContain('made 0 nothing-to-back-up')
    backup('20260101T000000Z', 200_000)
    postgres(well)
    expect(make().stdout).toContain('DA-BACKUP-SHRUNK')
    expect(there()).toEqual(['20260101T000000Z'])
    app.write({ 'backups/smaller-is-right': '' })
    expect(make().stdout).toMatch(/note: the dump has 16 bytes[\s\S]*made 0/)
    expect(there()).not.toContain('smaller-is-right')
  })

  test('a database that has lost all of its tables is no success, unless somebody has said so or it is to be restored', () => {
    postgres(well)
    make()
    const [id] = there()
    postgres(empty)
    expect(make().stdout).toMatch(new RegExp(`DA-BACKUP-SHRUNK db has no tables, and its last backup \\(${id}\\) had 3\\.[\\s\\S]*made 1`))
    expect(on('in_session=yes; open_run; make_backup db test anyway; echo "made $? $backup_id"').stdout).toContain(
      'made 0 nothing-to-back-up',
    )
    app.write({ 'backups/smaller-is-right': '' })
    expect(make().stdout).toMatch(/note: db has no tables[\s\S]*made 0 nothing-to-back-up/)
    // Nor of another service.
    expect(on('in_session=yes; open_run; last_dump geo').stdout).toBe('')
  })

  test('a database of partitions that are not there yet is backed up', () => {
    postgres({ ...well, '--list': "cat >/dev/null; echo '215; 1259 1 TABLE public a ann'" })
    expect(make().stdout).toContain('made 0')
  })

  test('a table of contents that a full disk cuts is none, though whoever writes it notices nothing', () => {
    backup('20260101T000000Z')
    postgres({ '--list': `${well['--list']}; exit 0`, psql: 'exit 0', 'df -Pk': '' })
    const { stdout } = on('in_session=yes; open_run; ln -s /dev/full $run/backup.list; can_load c1 20260101T000000Z; echo "ended $?"')
    expect(stdout).toMatch(/DA-BACKUP-BROKEN 20260101T000000Z cannot be read[\s\S]*ended 1/)
  })

  test('a list of what to load that does not come to the client whole loads nothing', () => {
    backup('20260101T000000Z')
    postgres({
      'cat >/tmp/deploy-actions.list': "cat >/dev/null; echo 'No space left on device' >&2; exit 1",
      PGAPPNAME: noting(),
      printf: 'echo shop',
    })
    const { stdout } = on(
      'in_session=yes; open_run; client=c1; echo 1 >$run/backup.list; load_backup c1 20260101T000000Z scratch; echo "ended $?"',
    )
    expect(stdout).toMatch(/DA-BACKUP-RESTORE what to load of 20260101T000000Z .*No space left[\s\S]*ended 1/)
    expect([calls().at(-1), calls().join()]).toEqual([
      expect.stringContaining('drop database if exists "scratch"'),
      expect.not.stringContaining('use-list'),
    ])
  })

  test('two PostgreSQL services have nothing to do with each other: size, list, prune and drill', () => {
    backup('20260101T000000Z', 10)
    backup('20260102T000000Z', 10)
    for (const id of ['20260103T000000Z', '20260104T000000Z']) backup(id, 200_000, 'geo')
    on('prune_backups geo 1 0 0')
    expect(there()).toEqual(['20260101T000000Z', '20260102T000000Z', '20260104T000000Z'])
    postgres({ ...well, psql: 'echo nothing' })
    expect(on('in_session=yes; open_run; drill db; echo "ended $?"').stdout).toContain('20260102T000000Z')
    expect(on('list_backups db').stdout).not.toContain('20260104T000000Z')
    expect(on('list_backups').stdout).toMatch(/20260102T000000Z +db [\s\S]*20260104T000000Z +geo /)
    expect(make().stdout).toMatch(/made 0/)
  })

  test('a backup of another app is not restored, one of another service not in the place of the live data', () => {
    backup('20260101T000000Z', 1, 'geo')
    postgres({ ...well, psql: 'echo nothing' })
    const ended = (words: string) => on(`in_session=yes; open_run; ${words}; echo "ended $?"`).stdout
    expect(ended('restore_backup db 20260101T000000Z')).toMatch(/DA-BACKUP-OTHER .*service "geo"[\s\S]*ended 1/)
    expect(ended('restore_backup db 20260101T000000Z look')).not.toContain('DA-BACKUP-OTHER')
    expect(ended('app=blog; restore_backup db 20260101T000000Z look')).toMatch(/DA-BACKUP-OTHER .*app "shop"[\s\S]*ended 1/)
  })

  /** What PostgreSQL was told, one line for each call. */
  const calls = () => app.read('calls').trim().split('\n')
  const noting = (answer = '') => `printf '%s\\n' "$(echo "$*" | tr '\\n' ' ')" >>${app.path}/calls; ${answer}`
  const restore = (before: string) =>
    on(`in_session=yes; open_run; make_backup() { backup_id=none; }; ${before}; restore_backup db 20260101T000000Z; echo "ended $?"`).stdout

  test('a restore changes both names in one call, and closes the live database at no time', () => {
    backup('20260101T000000Z')
    postgres({ ...well, psql: noting(), printf: 'echo shop' })
    expect(restore('load_and_check() { return 0; }')).toContain('ended 0')
    const renaming = calls().filter((call) => call.includes('rename to'))
    // In the same transaction: what belongs to a database and is in no dump.
    for (const what of ['aclexplode', 'pg_db_role_setting', 'datconnlimit']) expect(renaming[0]).toContain(what)
    expect([renaming.length, renaming[0]?.match(/rename to/g)?.length, calls().join()]).toEqual([
      1,
      2,
      expect.not.stringContaining('allow_connections false'),
    ])
    expect(app.read('migrations.tsv')).toContain('\tdb\t?\t')
  })

  test('a dump that this server does not know is refused before anything is unpacked or backed up', () => {
    backup('20260101T000000Z')
    postgres({ ...well, '--list': "echo 'unsupported version (1.16) in file header' >&2; exit 1", psql: noting(), printf: 'echo shop' })
    const said = restore('unpack_volumes() { echo unpacked; }; back_up_what_is_there() { echo backed up; }')
    expect(said).toMatch(/DA-BACKUP-BROKEN 20260101T000000Z cannot be read: unsupported version[\s\S]*ended 1/)
    expect(said).not.toMatch(/unpacked|backed up/)
  })

  test('a live database that is damaged, so that no dump of it can be made, is restored all the same', () => {
    backup('20260101T000000Z')
    postgres({ ...well, pg_dump: "echo 'invalid page in block 0' >&2; exit 1", psql: noting(), printf: 'echo shop' })
    const { stdout } = on('in_session=yes; open_run; load_and_check() { return 0; }; restore_backup db 20260101T000000Z; echo "ended $?"')
    expect(stdout).toMatch(/^\. warning: pg_dump failed: invalid page[\s\S]*ended 0/m)
    expect(stdout).not.toMatch(/^!/m)
    expect(calls().filter((call) => call.includes('rename to'))).toHaveLength(1)
  })

  test('neither a dump nor a drill is begun where it would fill the disk', () => {
    backup('20260101T000000Z', 1_000_000_000)
    const disk = (mib: number) => `echo Filesystem; echo "/dev/x 9 9 ${mib * 1024} 9% /"`
    postgres(well)
    const dumped = (mib: number) =>
      on(`df() { ${disk(mib)}; }; in_session=yes; open_run; make_backup db test anyway; echo "ended $?"`).stdout
    expect(dumped(1_000)).toMatch(/DA-HOST-DISK 1000 MiB are free.* had 953 MiB[\s\S]*ended 1/)
    expect(dumped(1_200)).toContain('ended 0')
    const loaded = (mib: number) => {
      postgres({ 'df -Pk': disk(mib), '--list': well['--list'], pg_database_size: 'echo 500000000', psql: noting(), pg_restore: noting() })
      return on('in_session=yes; open_run; load_and_check c1 20260101T000000Z scratch; echo "ended $?"').stdout
    }
    expect(loaded(1_000)).toMatch(/DA-HOST-DISK 20260101T000000Z needs about 1017 MiB beside.* 1000 are free[\s\S]*ended 1/)
    expect(calls().join()).not.toContain('create database')
    expect(loaded(1_020)).not.toContain('DA-HOST-DISK')
    expect(calls().join()).toContain('create database')
  })

  test('a drill makes each check of its file, also a last one whose line has no end', () => {
    backup('20260101T000000Z')
    app.write({ checks: 'select 1 => 1\nselect 2 => 3' })
    postgres({ 'select 1': 'echo 1', 'select 2': 'echo 2', psql: noting(), printf: 'echo shop' })
    const { stdout } = on(`in_session=yes; open_run; load_and_check() { return 0; }; drill db ${app.path}/checks; echo "ended $?"`)
    expect(stdout).toMatch(/ok +select 1[\s\S]*WRONG +select 2: 2, not 3[\s\S]*DA-BACKUP-CHECK[\s\S]*ended 1/)
  })

  test('what is restored gets the owner and the locale of the live database, and is made without it too', () => {
    backup('20260101T000000Z')
    const made = (like: string) => {
      postgres({ pg_encoding_to_char: like, psql: noting(), printf: 'echo shop', 'df -Pk': '', PGAPPNAME: 'cat >/dev/null' })
      on('in_session=yes; open_run; load_backup c1 20260101T000000Z scratch')
      return calls().at(-1)
    }
    expect(made('echo "create database scratch owner ann lc_collate x"')).toContain('create database scratch owner ann lc_collate x')
    expect(made('')).toContain('create database "scratch" template template0')
  })

  test('roles that the backup names and the server lacks are named before anything is loaded', () => {
    postgres({ ...well, pg_shdepend: 'echo ann web2' })
    const id = /made 0 (\S+)/.exec(make().stdout)?.[1]
    expect(JSON.parse(app.read(`backups/${id}/manifest.json`))).toMatchObject({ roles: 'ann web2' })
    postgres({ '--list': well['--list'], 'ann web2': 'echo web2', psql: noting() })
    const { stdout } = on(`in_session=yes; open_run; load_and_check c1 ${id} scratch; echo "ended $?"`)
    expect(stdout).toMatch(/DA-BACKUP-ROLES .* does not have: web2\. .*create role "web2"[\s\S]*ended 1/)
    expect(readdirSync(app.path)).not.toContain('calls')
  })

  test('verify is red when nothing is there to verify, unless a store has others, and when a manifest is gone', () => {
    postgres(well)
    const verify = (more = '') => on(`in_session=yes; open_run; verify_command db '' ${more}; echo "ended $?"`).stdout
    expect(verify()).toMatch(/DA-BACKUP-UNKNOWN there is no backup of db[\s\S]*ended 1/)
    expect(verify('yes')).toContain('ended 0')
    backup('20260101T000000Z')
    expect(verify()).toMatch(/20260101T000000Z is as it was made\nended 0/)
    app.write({ 'backups/20260102T000000Z/database.dump': 'x' })
    expect(verify()).toMatch(/DA-BACKUP-BROKEN 20260102T000000Z has no manifest[\s\S]*ended 1/)
  })

  test('what a restore that was killed has loaded goes with the next run, and the live database is open', () => {
    app.write({ 'restore.running': 'project=shop\nservice=db\nloaded=shop_restore_x\nlive=shop\nold=\nbackup=\n' })
    postgres({ psql: noting('echo 1') })
    on('in_session=yes; open_run; settle')
    expect(calls().join('\n')).toMatch(
      /pg_terminate_backend[\s\S]*drop database if exists "shop_restore_x"[\s\S]*"shop" allow_connections true/,
    )
    expect(readdirSync(app.path)).not.toContain('restore.running')
  })

  test('a restore that was killed right behind the exchange is on record after the next run', () => {
    app.write({ 'restore.running': 'project=shop\nservice=db\nloaded=s\nlive=shop\nold=shop_until_x\nbackup=20260101T000000Z\n' })
    postgres({ psql: noting('echo 1') })
    expect(on('in_session=yes; open_run; settle').stdout).toContain('had put 20260101T000000Z in the place of shop')
    expect(app.read('migrations.tsv')).toContain('\tdb\t?\t')
  })

  test('a restore that is told to stop while it loads, or right behind that, leaves the live database alone', () => {
    backup('20260101T000000Z')
    postgres({ ...well, PGAPPNAME: noting('case "$*" in *pg_restore*) sleep 30 ;; esac'), printf: 'echo shop' })
    expect(restore('stoppable=yes; (sleep 1; printf cancel >$run/stop; kill -USR1 $$) & :')).toContain('ended 130')
    expect(restore('stoppable=yes; load_and_check() { request_stop cancel; }')).toContain('ended 130')
    expect(calls().filter((call) => call.includes('rename to'))).toEqual([])
    expect(calls().filter((call) => call.includes('drop database')).length).toBeGreaterThan(1)
  })

  test('where another database of the server has the tables, that is named, and it is not green', () => {
    const tables = 'case "$*" in *" sales select"*) echo 2 ;; *) echo 0 ;; esac'
    const names = 'echo postgres; echo sales'
    postgres({ 'select count(*) from pg_class': tables, 'select datname': names, printf: 'echo shop' })
    expect(make().stdout).toMatch(/DA-BACKUP-DATABASE the database shop of db has no tables, and sales has some[\s\S]*made 1/)
    postgres({ 'select count(*) from pg_class': 'echo 0', 'select datname': names, printf: 'echo shop' })
    expect(make().stdout).toContain('made 0 nothing-to-back-up')
    postgres({ 'select count(*) from pg_class': 'echo 0', 'select datname': 'exit 2', printf: 'echo shop' })
    expect(make().stdout).toContain('DA-BACKUP-FAILED')
  })

  test('a backup has the tables that its dump has, whatever else the server counted, and all of them have to come back', () => {
    postgres({ ...well, 'select count': 'echo 9' })
    const id = /made 0 (\S+)/.exec(make().stdout)?.[1]
    expect(JSON.parse(app.read(`backups/${id}/manifest.json`))).toMatchObject({ tables: 3 })
    const load = () => on(`in_session=yes; open_run; load_and_check c1 ${id} scratch; echo "ended $?"`).stdout
    const loading = { '--list': well['--list'], pg_restore: 'cat >/dev/null' }
    postgres({ ...loading, 'select count': 'echo 3', psql: 'echo' })
    expect(load()).toBe('ended 0\n')
    postgres({ ...loading, 'select count': 'echo 2', psql: 'echo' })
    expect(load()).toMatch(/DA-BACKUP-RESTORE .* has 3 tables, and 2 came back[\s\S]*ended 1/)
  })

  test('a backup that has changed since is not restored', () => {
    backup('20260101T000000Z')
    app.write({ 'backups/20260101T000000Z/database.dump': 'y' })
    postgres(well)
    expect(on('in_session=yes; restore_backup db 20260101T000000Z; echo "ended $?"').stdout).toMatch(
      /DA-BACKUP-BROKEN.*sha256[\s\S]*ended 1/,
    )
    expect(on('in_session=yes; restore_backup db 20250101T000000Z; echo "ended $?"').stdout).toMatch(/DA-BACKUP-UNKNOWN[\s\S]*ended 1/)
    rmSync(join(shell.programs, 'docker'))
  })

  test('a way back past a contract step is refused with the line that restores its backup, unless it is forced', () => {
    app.write({ 'migrations.tsv': 't\talembic\tweb\t1\t2\tcrossing\t20260201T000000Z\t-\n' })
    const { stdout } = on('in_session=yes; schema_stays; echo "ended $?"')
    expect(stdout).toMatch(/DA-ROLLBACK-SCHEMA.*release backup restore 20260201T000000Z --confirm shop[\s\S]*ended 1/)
    expect(on('in_session=yes; force_schema=yes; schema_stays; echo "ended $?"').stdout).toContain('ended 0')
    // The one that was live then can go on with it.
    on('note_schema $release_dir')
    expect(app.read('releases/20260131T093000Z-1a2b3c4-1.1/schema')).toBe('head=2\ncrossings=1\n')
    expect(on('in_session=yes; schema_stays; echo "ended $?"').stdout).toContain('ended 0')
  })

  test('after a restore the migrations since then are undone, and the way back is open', () => {
    const row = (time: string) => `${time}\talembic\tweb\t1\t2\tcrossing\t-\t-\n`
    app.write({ 'migrations.tsv': `${row('2026-01-01T00:00:00Z')}${row('2026-02-01T00:00:01Z')}` })
    expect(on('forget_migrations_after 20260201T000000Z; crossings').stdout.trim()).toBe('1')
    expect(app.read('migrations.tsv')).toContain('2026-02-01T00:00:01Z\talembic\tweb\t1\t2\tundone\t-\t-')
  })

  test('a contract step that was killed in the middle counts as one that was applied', () => {
    app.write({ 'migration.running': 'since=t\nwho=ann\nstep=apply\ncrossing=crossing\n' })
    postgres({})
    expect(on('in_session=yes; schema_stays; echo "ended $?"').stdout).toMatch(
      /were stopped in the middle[\s\S]*DA-ROLLBACK-SCHEMA[\s\S]*ended 1/,
    )
    rmSync(join(shell.programs, 'docker'))
  })

  test('a contract step counts as half-done until somebody has said what came of it', () => {
    const step = (word: string) =>
      on(`in_session=yes; open_run; mkdir -p "$run/migration"; migration=m; inspect() { echo true; }; start_migration_step() { :; }; await_migration_step() { printf 0 >"$run/migration/code"; }
        run_migration apply 5 ${word} >/dev/null; ls "$app_dir" | grep -c migration.running; : >"$run/migration/record"; record_migration; ls "$app_dir" | grep -c migration.running`)
        .stdout
    expect([step('crossing'), step('')]).toEqual(['1\n0\n', '0\n0\n'])
  })

  test('a container that somebody has ended is made anew for the next step, and what this very run has under way it does not take for left', () => {
    const { stdout } = on(`in_session=yes; open_run; mkdir -p "$run/migration"; migration=m
      inspect() { case $1 in *Running*) echo false ;; esac; }
      make_migration_container() { echo made; }; start_migration_step() { :; }; await_migration_step() { printf 0 >"$run/migration/code"; }
      docker_answers() { :; }; settle_migration() { echo settled; }; use_release() { :; }; pull_images() { return 1; }
      run_migration apply 5 | grep made; migrating=yes; open_migration R; migrating=''; open_migration R`)
    expect(stdout).toBe('made\nsettled\n')
  })

  const ID = '20260131T093000Z'
  const manifest = (text: string) =>
    `{\n  "id": "${ID}",\n  "file": "database.dump",\n  "size": ${text.length},\n  "sha256": "${sum(text)}"\n}\n`
  const receive = (dump: string, text = 'the dump') => {
    const script = `in_session=yes; open_run; begin_receiving ${ID} 8 && printf '%s' '${manifest(text)}' >$receiving/manifest.json && printf '%s' '${dump}' >$receiving/database.dump && end_receiving ${ID}; echo "ended $?"`
    return on(script).stdout
  }

  test('a backup that comes back is there when it is what the manifest says, and else nothing of it is', () => {
    expect(receive('another dump')).toMatch(/DA-BACKUP-BROKEN.*a sha256 differs[\s\S]*ended 1/)
    expect(there()).toEqual([])
    expect(receive('the dump')).toMatch(/backup-received[\s\S]*ended 0/)
    expect([there(), on(`check_files ${ID}; echo "ended $?"`).stdout]).toEqual([[ID], 'ended 0\n'])
  })

  test('what would fill the disk does not come back, and what is no id is nothing', () => {
    expect(on(`in_session=yes; open_run; begin_receiving ${ID} 99999999999999; echo "ended $?"`).stdout).toMatch(
      /DA-HOST-DISK[\s\S]*ended 1/,
    )
    expect(on(`in_session=yes; open_run; begin_receiving ../${ID} 1; echo "ended $?"`).stdout).toContain('ended 1')
    expect(there()).toEqual([])
  })

  test('a file of a backup is given behind its size; nothing else of the host is', () => {
    app.write({ [`backups/${ID}/database.dump`]: 'the dump', lock: 'x', [`backups/${ID}/.secret`]: 'x' })
    const give = (...words: string[]) => shell.run(`session backup-file ${app.path} 0 ann ${words.join(' ')}`).stdout
    expect(give(ID, 'database.dump')).toBe('= backup-file size=8\nthe dump')
    for (const words of [
      [ID, '../../lock'],
      [ID, '.secret'],
      [ID, 'other'],
      ['..', 'lock'],
      [`${ID}/..`, 'lock'],
    ])
      expect(give(...words)).toContain('! DA-BACKUP-UNKNOWN')
  })

  test('which of those in a store to keep is said by the same rule, with what a kept release points to', () => {
    app.write({
      'migrations.tsv': 't\talembic\tweb\t1\t2\tcrossing\t20260201T000000Z\t-\nt\talembic\tweb\t0\t1\t-\t20260203T000000Z\t-\n',
    })
    const ids = ['20260130T000000Z', '20260201T000000Z', '20260202T000000Z']
    const { stdout } = on(
      `in_session=yes; open_run; mkdir $run/backup; printf '%s\\n' ${ids.join(' ')} >$run/backup/stored; tell_kept 1,0,0`,
    )
    expect(stdout).toBe('= backup-kept\n| 20260201T000000Z\n| 20260202T000000Z\n= end\n')
  })

  test('what the host wrote about a backup is told letter for letter, and of none it is nothing', () => {
    app.write({ [`backups/${ID}/manifest.json`]: manifest('the dump') })
    expect(on(`in_session=yes; tell_manifest ${ID}`).stdout.replaceAll(/^\| /gm, '')).toBe(
      `= backup-manifest\n${manifest('the dump')}= end\n`,
    )
    expect(on('in_session=yes; tell_manifest 20200101T000000Z').stdout).toBe('= backup-manifest\n= end\n')
  })
})
