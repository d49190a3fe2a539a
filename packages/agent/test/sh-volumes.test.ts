import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

const RELEASE = '20260131T093000Z-1a2b3c4-1.1'

let app: AppFolder
let kept: string
beforeEach(() => {
  app = new AppFolder().release(RELEASE, { databases: '' }, ['store keep s 1 always - - - prepare - -']).history(RELEASE)
  mkdirSync(join(app.path, 'backups'))
  kept = join(app.path, 'docker')
  mkdirSync(kept)
  volume('shop_uploads', { 'a.txt': 'first', 'sub/b.txt': 'second' })
})
afterEach(() => app.remove())

/** A volume, as Docker keeps it. */
function volume(name: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) app.write({ [`docker/${name}/_data/${path}`]: text })
}
const volumes = () => readdirSync(kept).sort()
const text = (name: string, path: string) => readFileSync(join(kept, name, '_data', path), 'utf8')
const backups = () => readdirSync(join(app.path, 'backups')).sort()
const UNTIL: unknown = expect.stringMatching(/^shop_uploads_until_/)
const calls = () => (existsSync(join(app.path, 'calls')) ? app.read('calls').trim().split('\n') : [])

inEachShell((shell) => {
  /** A Docker whose volumes are folders, with one container of `store`, which has them. @param more cases that come first */
  const docker = (more = '') => {
    const program = `#!/bin/sh
kept=${kept}
case "$1 $2" in 'pause '* | 'unpause '* | 'stop '* | 'start '*) printf '%s\\n' "$*" >>${app.path}/calls ;; esac
case "$*" in
${more}
  ps\\ *) echo "c1|shop|store|$(cat ${app.path}/state 2>/dev/null || echo running)|False|shop-store-1||shop_uploads,handmade||" ;;
  'volume ls -q'*) name="\${*##*volume=}"; [ ! -d "$kept/shop_$name" ] || echo "shop_$name" ;;
  'volume ls'*) echo uploads ;;
  *Driver*) [ -d "$kept/$5" ] && echo "local 0 $kept/$5/_data" ;;
  *Mountpoint*) [ -d "$kept/$5" ] && echo "$kept/$5/_data" ;;
  'volume create'*) for name; do :; done; mkdir -p "$kept/$name/_data" ;;
  'volume rm'*) rm -rf "$kept/$3" ;;
  pause*) echo paused >${app.path}/state ;;
  unpause* | start*) echo running >${app.path}/state ;;
  stop*) echo exited >${app.path}/state ;;
  *State.Status*) cat ${app.path}/state ;;
  *) echo "not played: $*" >&2; exit 9 ;;
esac
`
    writeFileSync(join(shell.programs, 'docker'), program)
    chmodSync(join(shell.programs, 'docker'), 0o755)
  }
  const on = (code: string) =>
    shell.run(
      `in_session=yes; app_dir=${app.path}; backups=$app_dir/backups; use_release ${RELEASE}; open_run; has_lock=yes; drop_lock() { :; }; ${code}`,
    ).stdout
  const make = (lines = 'uploads', before = ':') =>
    on(`${before}; printf '%s\\n' '${lines}' >$run/v; make_backup - test '' $run/v; echo "made $? $backup_id"`)
  const made = () => /made 0 (\S+)/.exec(make())?.[1] as string
  const restore = (id: string, before = ':') => on(`${before}; restore_backup - ${id}; echo "ended $?"`)
  beforeEach(() => docker())

  test('a volume is a tar that was read back, in a manifest with its checksum, and what it has comes back', () => {
    const id = made()
    const [{ file, sha256, size, ...one }] = JSON.parse(app.read(`backups/${id}/manifest.json`)).volumes
    const tar = readFileSync(join(app.path, 'backups', id, file))
    expect([one, size, sha256]).toEqual([
      { volume: 'uploads', entries: 4, paused: '' },
      tar.length,
      createHash('sha256').update(tar).digest('hex'),
    ])
    expect(on(`check_backup ${id}; echo "ended $?"`)).toContain('ended 0')
    volume('shop_uploads', { 'a.txt': 'spoilt', 'c.txt': 'new' })
    expect(restore(id)).toMatch(/the files of shop_uploads are those of the backup[\s\S]*ended 0/)
    expect([text('shop_uploads', 'a.txt'), text('shop_uploads', 'sub/b.txt'), readdirSync(join(kept, 'shop_uploads', '_data'))]).toEqual([
      'first',
      'second',
      ['a.txt', 'sub'],
    ])
    const [, before = ':'] = volumes()
    expect([before, text(before, 'a.txt')]).toEqual([expect.stringMatching(/^shop_uploads_until_/), 'spoilt'])
    expect(calls()).toEqual(['stop c1', 'start c1'])
  })

  test('the service is paused while its volume is read, and goes on afterwards, also where tar fails', () => {
    expect(make('uploads store')).toContain('made 0')
    expect(calls()).toEqual(['pause c1', 'unpause c1'])
    expect(make('uploads store', 'tar() { echo "tar: ./a.txt: Cannot open: Input/output error" >&2; return 2; }')).toMatch(
      /DA-BACKUP-FAILED the volume uploads could not be read: tar: .\/a.txt[\s\S]*made 1/,
    )
    expect([calls().slice(2), backups().length, existsSync(join(app.path, 'backup.paused'))]).toEqual([
      ['pause c1', 'unpause c1'],
      1,
      false,
    ])
  })

  test('a run that is told to stop while it reads lets the service go on and leaves nothing', () => {
    expect(make('uploads store', 'stoppable=yes; tar() { sleep 30; }; (sleep 1; printf cancel >$run/stop; kill -USR1 $$) & :')).toContain(
      'made 130',
    )
    expect([calls(), backups()]).toEqual([['pause c1', 'unpause c1'], []])
  })

  test('what a dead run has paused goes on with the next one, and by the guard of that very run', () => {
    app.write({ 'backup.paused': 'run=dead\nids=c1\n', state: 'paused' })
    on("has_lock=''; unpause_guard_command 999999 other")
    expect(calls()).toEqual([])
    on("has_lock=''; unpause_guard_command 999999 dead")
    expect([calls(), existsSync(join(app.path, 'backup.paused'))]).toEqual([['unpause c1'], false])
    app.write({ 'backup.paused': 'run=dead\nids=c1\n', state: 'paused' })
    expect(on('settle')).toContain('had paused something')
    expect(calls()).toEqual(['unpause c1', 'unpause c1'])
  })

  test('what does not go on is an error, all the others do, and the mark names what the next run tries again', () => {
    docker(`pause*) echo paused >${app.path}/state ;; 'unpause c1') exit 1 ;;`)
    expect(make('uploads store', 'pause() { :; }')).toMatch(/DA-BACKUP-VOLUME what was paused .* docker unpause c1\n[\s\S]*made 1/)
    expect([backups(), app.read('backup.paused')]).toEqual([[], expect.stringContaining('ids= c1\n')])
    app.write({ 'backup.paused': 'run=dead\nids=c1 c2\n' })
    expect(on('settle')).toContain('warning: what a backup has paused does not go on: docker unpause c1\n')
    expect(calls().at(-1)).toBe('unpause c2')
    app.write({ 'backup.paused': 'run=dead\nids= c1\n' })
    expect(make('uploads store')).toMatch(
      /DA-BACKUP-VOLUME what a backup before has paused does not go on: docker unpause c1\n[\s\S]*made 1/,
    )
    expect(calls().filter((call) => call === 'pause c1')).toHaveLength(1)
  })

  test('who was unpaused or started anew by somebody while the volume was read has spoilt the backup', () => {
    for (const spoilt of ['running', 'paused since later'])
      expect(make('uploads store', `tar() { command tar "$@"; [ "$1" != -c ] || echo ${spoilt} >${app.path}/state; }`)).toMatch(
        /DA-BACKUP-VOLUME store did not stay paused while the volume was read[\s\S]*made 1/,
      )
    expect([backups(), existsSync(join(app.path, 'backup.paused'))]).toEqual([[], false])
  })

  test('the guard goes on until Docker does what it asks; systemd leaves alone what another agent holds, wherever its folder is', () => {
    app.write({ 'backup.paused': 'run=dead\nids=c1\n', state: 'paused' })
    docker(`'unpause c1') [ -e ${app.path}/tried ] || { : >${app.path}/tried; exit 1; }; echo running >${app.path}/state ;;`)
    on("has_lock=''; sleep() { :; }; unpause_guard_command 999999 dead")
    expect([calls(), existsSync(join(app.path, 'backup.paused'))]).toEqual([['unpause c1', 'unpause c1'], false])
    app.write({ 'backup.paused': 'run=other\nagent=1\nids=c1\n', state: 'paused' })
    on("has_lock=''; is_an_agent() { [ $1 = 1 ]; }; unpause_left_command")
    expect(calls()).toHaveLength(2)
    on(
      'has_lock=\'\'; run=\'\'; rm() { echo "rm $*" >>$app_dir/calls; command rm "$@"; }; is_an_agent() { return 1; }; unpause_left_command',
    )
    expect(calls().slice(2)).toEqual(['unpause c1', `rm -f ${app.path}/backup.paused`])
  })

  test('files that change while nobody holds them still are a warning, and an error where somebody should', () => {
    const changing = `tar() { command tar "$@"; code=$?; [ "$1" != -c ] || { echo 'tar: ./a.txt: file changed as we read it' >&2; return 1; }; return $code; }`
    expect(make('uploads', changing)).toMatch(/warning: 1 files of uploads changed[\s\S]*made 0/)
    expect(make('uploads store', changing)).toMatch(/DA-BACKUP-FAILED[\s\S]*made 1/)
    const saying = (words: string) => changing.replace('tar: ./a.txt: file changed as we read it', words)
    expect(make('uploads', saying('tar: ./x.sock: socket ignored\ntar: ./a.txt: File shrank by 12 bytes; padding with zeros'))).toMatch(
      /warning: 1 files of uploads changed[\s\S]*made 0/,
    )
    for (const words of ['tar: ./x.sock: socket ignored', 'tar: ./a.txt: Cannot open: Input/output error'])
      expect(make('uploads', saying(words))).toMatch(/DA-BACKUP-FAILED[\s\S]*made 1/)
  })

  test.each<[string, string, string, RegExp]>([
    ['an unknown volume', 'photos', '', /DA-BACKUP-VOLUME the project shop has no volume "photos" here; it has: uploads/],
    ['a way out', '../../etc', '', /DA-BACKUP-VOLUME .* is no name of a volume/],
    ['an unknown service', 'uploads minio', '', /DA-BACKUP-VOLUME pause=minio: the project has no container/],
    ['one of another driver', 'uploads', '*Driver*) echo "nfs 0 /mnt" ;;', /DA-BACKUP-VOLUME .* do not lie on this host \(driver nfs/],
    ['one with options', 'uploads', '*Driver*) echo "local 3 /mnt" ;;', /DA-BACKUP-VOLUME .* do not lie on this host/],
    [
      'what cannot be paused',
      'uploads store',
      'pause*) echo no freezer >&2; exit 1 ;;',
      /DA-BACKUP-VOLUME store could not be paused: no freezer/,
    ],
  ])('%s is refused, and nothing is paused or left', (_what, lines, answers, said) => {
    app.write({ state: 'running' })
    docker(answers)
    expect(make(lines)).toMatch(said)
    expect([backups(), calls().filter((call) => call.startsWith('unpause'))]).toEqual([[], []])
  })

  test('a volume that a container has under its own name is found, and that of the database is refused', () => {
    volume('handmade', { x: 'y' })
    expect(make('handmade')).toContain('made 0')
    expect(on('printf "uploads\\n" >$run/v; check_volumes $run/v c1 db; echo "ended $?"')).toMatch(
      /DA-BACKUP-VOLUME uploads has the files of the database[\s\S]*ended 1/,
    )
  })

  test('of several volumes that Compose called so the one counts that a container has; where none or several do it is an error', () => {
    volume('shop_old', { 'a.txt': 'of before' })
    docker("'volume ls -q'*) echo shop_old; echo shop_uploads ;;")
    expect(on('find_volume uploads; echo "$? $volume"')).toBe('0 shop_uploads\n')
    for (const found of ['shop_old; echo shop_older', 'handmade; echo shop_uploads']) {
      docker(`'volume ls -q'*) echo ${found} ;;`)
      expect(make()).toMatch(
        new RegExp(`DA-BACKUP-VOLUME several volumes .* "uploads".* is not clear: ${found.replace('; echo', '')} \\n[\\s\\S]*made 1`),
      )
    }
  })

  test('a volume that is named twice, by the Compose file and by its own name, is refused', () => {
    expect(make('uploads\nshop_uploads')).toMatch(
      /DA-BACKUP-VOLUME shop_uploads is the volume shop_uploads, which is asked for twice[\s\S]*made 1/,
    )
    expect(backups()).toEqual([])
  })

  test('what the last dump had counts beside the volumes, where there is a database', () => {
    app.write({ 'backups/20260101T000000Z/manifest.json': '{\n  "service": "db",\n  "size": 204800000,\n  "sha256": "x"\n}\n' })
    const check = (server: string) =>
      on(
        `df() { echo Filesystem; echo "/dev/x 9 9 204800 9% /"; }; echo uploads >$run/v; check_volumes $run/v '${server}' db; echo "ended $?"`,
      )
    expect(check('c9')).toMatch(/DA-HOST-DISK 200 MiB are free .* have 214 MiB[\s\S]*ended 1/)
    expect(check('')).toBe('ended 0\n')
  })

  test('names with the end of a line in them, counted by another tar when the backup was made, come back', () => {
    volume('shop_uploads', { 'two\nlines.txt': 'odd' })
    const id = made()
    const manifest = `backups/${id}/manifest.json`
    app.write({ [manifest]: app.read(manifest).replace(/"entries": \d+/, '"entries": 99') })
    expect(on(`check_backup ${id}; echo "ended $?"`)).toBe('ended 0\n')
    volume('shop_uploads', { 'two\nlines.txt': 'spoilt' })
    expect(restore(id)).toContain('ended 0')
    expect(text('shop_uploads', 'two\nlines.txt')).toBe('odd')
  })

  test('a volume of half its size is refused, and one that does not fit on the disk is not begun', () => {
    volume('shop_uploads', { big: 'x'.repeat(300_000) })
    made()
    rmSync(join(kept, 'shop_uploads', '_data', 'big'))
    expect(make('uploads store')).toMatch(/DA-BACKUP-SHRUNK the volume uploads has[\s\S]*touch .*\/backups\/smaller-is-right\nmade 1/)
    const before = calls().length
    expect(make('uploads store', 'df() { echo Filesystem; echo "/dev/x 9 9 1024 9% /"; }')).toMatch(
      /DA-HOST-DISK 1 MiB are free[\s\S]*made 1/,
    )
    expect([calls().length, backups().length]).toEqual([before, 1])
  })

  test('a volume that is smaller because it should be passes once, by a file on the host, and the manifest has it', () => {
    volume('shop_uploads', { big: 'x'.repeat(300_000) })
    for (const _ of [1, 2]) made()
    rmSync(join(kept, 'shop_uploads', '_data', 'big'))
    expect(make()).toContain('DA-BACKUP-SHRUNK')
    app.write({ 'backups/smaller-is-right': '' })
    // It stays where something else went wrong.
    expect(make('uploads', 'sync() { :; }; write_manifest() { return 1; }')).toContain('made 1')
    const id = made()
    expect([JSON.parse(app.read(`backups/${id}/manifest.json`)).smaller, backups()]).toEqual([
      'yes',
      expect.not.arrayContaining(['smaller-is-right']),
    ])
    expect(JSON.parse(app.read(`backups/${made()}/manifest.json`)).smaller).toBe('')
  })

  test.each([1, 2, 3])('a restore that dies behind rename %s is taken back whole by the next run', (dying) => {
    const id = made()
    volume('shop_uploads', { 'a.txt': 'now' })
    restore(
      id,
      `times=0; mv() { case $* in *_data*) times=$((times + 1)) ;; esac; command mv "$@"; [ "$times" != ${dying} ] || kill -KILL $$; }`,
    )
    expect(calls()).toEqual(['stop c1'])
    expect(on('settle')).toContain('are settled')
    // What was in place may have been written to: it stays.
    expect([text('shop_uploads', 'a.txt'), volumes(), calls().at(-1)]).toEqual(['now', ['shop_uploads', UNTIL], 'start c1'])
    expect(readdirSync(app.path).filter((name) => name.startsWith('restore.'))).toEqual([])
    expect(readdirSync(join(kept, 'shop_uploads'))).toEqual(['_data'])
  })

  test('a restore of a volume that does not come whole leaves the live one alone, and nothing beside', () => {
    const id = made()
    volume('shop_uploads', { 'a.txt': 'now' })
    expect(
      restore(
        id,
        'tar() { [ "$1" = -x ] || { command tar "$@"; return; }; command tar "$@"; echo "tar: No space left on device"; return 2; }',
      ),
    ).toMatch(/DA-BACKUP-RESTORE the volume uploads of .* did not come back whole[\s\S]*ended 1/)
    expect([text('shop_uploads', 'a.txt'), volumes(), calls()]).toEqual(['now', ['shop_uploads'], []])
  })

  test('where the database does not follow, the volumes go back', () => {
    const id = made()
    volume('shop_uploads', { 'a.txt': 'now' })
    const { length } = calls()
    expect(
      on(
        `restore_database() { exchange_volumes && return 1; }; has_dump() { :; }; check_backup() { :; }; can_load() { :; }; find_running_server() { server=c9; }; restore_backup - ${id}; echo "ended $?"`,
      ),
    ).toContain('ended 1')
    expect([text('shop_uploads', 'a.txt'), volumes(), calls().slice(length)]).toEqual([
      'now',
      ['shop_uploads', UNTIL],
      ['stop c1', 'start c1'],
    ])
  })

  /** A restore that dies in place of a function of the agent. */
  const dyingIn = (id: string, name: string, before = ':') => restore(id, `${before}; ${name}() { kill -KILL $$; }`)

  test.each(['running', 'paused', 'restarting'])(
    'what is %s on the files of a dead restore stops before they go back, and what it wrote there is kept',
    (state) => {
      const id = made()
      volume('shop_uploads', { 'a.txt': 'now' })
      dyingIn(id, 'restore_counts')
      volume('shop_uploads', { 'a.txt': 'written since' })
      app.write({ state })
      docker(`stop*) cat ${kept}/shop_uploads/_data/a.txt >${app.path}/at-stop; echo exited >${app.path}/state ;;`)
      expect(on('settle')).toMatch(/What had taken their place is in the volume shop_uploads_until_/)
      expect([app.read('at-stop'), text('shop_uploads', 'a.txt'), text(volumes()[1] ?? '', 'a.txt')]).toEqual([
        'written since',
        'now',
        'written since',
      ])
      expect(calls().slice(-2)).toEqual(['stop c1', 'start c1'])
    },
  )

  test('nothing starts, and no run goes on, while the files of before cannot be put back', () => {
    const id = made()
    volume('shop_uploads', { 'a.txt': 'now' })
    dyingIn(id, 'restore_counts')
    expect(on('exchange_files() { return 1; }; settle; echo went on')).toMatch(
      /DA-BACKUP-RESTORE the files of shop_uploads could not be put back(?![\s\S]*went on)/,
    )
    expect([calls(), text('shop_uploads', 'a.txt')]).toEqual([['stop c1'], 'first'])
    expect(on('settle; echo went on')).toContain('went on')
    expect([text('shop_uploads', 'a.txt'), calls().at(-1)]).toEqual(['now', 'start c1'])
  })

  test('an empty folder that Docker made where it found none is not taken for the files of before', () => {
    const id = made()
    volume('shop_uploads', { 'a.txt': 'now' })
    restore(id, 'mv() { command mv "$@"; case $* in *_data*) kill -KILL $$ ;; esac; }')
    mkdirSync(join(kept, 'shop_uploads', '_data'))
    on('settle')
    expect([text('shop_uploads', 'a.txt'), readdirSync(join(kept, 'shop_uploads'))]).toEqual(['now', ['_data']])
  })

  /** `store` plays the server; the database of before is there under its other name, or not. */
  const database = (exchanged: boolean) =>
    `docker_patience=0; psql_server() { case $2 in *"datname = 'shop_until"*) ${exchanged ? 'echo 1' : ':'} ;; *datallowconn*) ;; esac; }; drop_database() { :; }`
  const withDatabase = `has_dump() { :; }; check_backup() { :; }; is_ours() { :; }; database_of() { echo shop; }; back_up_what_is_there() { :; }; can_load() { :; }; load_and_check() { :; }; swap_databases() { :; }`

  test.each([
    ['in the exchange of the databases, which was made', 'swap_databases', true, 'first'],
    ['in the exchange of the databases, which was not made', 'swap_databases', false, 'now'],
    ['right behind it', 'note_restored', true, 'first'],
    ['at the very end', 'end_loading', true, 'first'],
  ])('a restore that dies %s: the volumes follow the database, and its server starts first', (_where, dying, exchanged, has) => {
    const id = made()
    volume('shop_uploads', { 'a.txt': 'now' })
    on(`${database(exchanged)}; ${withDatabase}; ${dying}() { kill -KILL $$; }; restore_backup store ${id}`)
    app.write({ state: dying === 'end_loading' ? 'running\n' : 'exited\n' })
    expect(on(`${database(exchanged)}; settle; echo went on`)).toContain('went on')
    expect([text('shop_uploads', 'a.txt'), volumes(), app.read('state')]).toEqual([has, ['shop_uploads', UNTIL], 'running\n'])
    expect(readdirSync(app.path).filter((name) => name.startsWith('restore.'))).toEqual([])
  })

  test.each(['restore.exchanged', 'restore.counts'])(
    'a mark alone (%s) that a run left which died at its end says nothing about the next restore',
    (mark) => {
      app.write({ [mark]: '' })
      on('settle')
      expect(existsSync(join(app.path, mark))).toBe(false)
    },
  )

  test('a restore of volumes alone that dies when all is exchanged is finished, not undone', () => {
    const id = made()
    volume('shop_uploads', { 'a.txt': 'now' })
    dyingIn(id, 'settle_volumes')
    expect(on('settle')).toContain('the files of shop_uploads are those of the backup')
    expect([text('shop_uploads', 'a.txt'), text(volumes()[1] ?? '', 'a.txt'), calls()]).toEqual(['first', 'now', ['stop c1', 'start c1']])
  })

  test('while the database cannot be asked whether a restore counts, nothing but doctor goes on, and no volume changes', () => {
    const id = made()
    on(`${database(true)}; ${withDatabase}; note_restored() { kill -KILL $$; }; restore_backup store ${id}`)
    const silent = 'docker_patience=0; psql_server() { return 1; }'
    expect(on(`${silent}; settle; echo went on`)).toMatch(/DA-BACKUP-RESTORE .* PostgreSQL in store cannot be asked(?![\s\S]*went on)/)
    expect(on(`${silent}; mends=yes; settle; echo went on`)).toMatch(/DA-BACKUP-RESTORE[\s\S]*went on/)
    expect([text('shop_uploads', 'a.txt'), volumes()]).toEqual(['first', ['shop_uploads', UNTIL]])
    // A scratch database alone can wait.
    rmSync(join(app.path, 'restore.volumes'))
    expect(on(`${silent}; settle; echo went on`)).toContain('went on')
  })

  test('what an earlier run has unpacked is never exchanged: that of a drill is removed later, that of a restore has to go first', () => {
    const id = made()
    volume('shop_uploads', { 'a.txt': 'now' })
    docker("'volume rm'*) exit 1 ;;")
    expect(on('drill -; echo "ended $?"')).toMatch(/docker volume rm shop_uploads_drill_[\s\S]*DA-BACKUP-RESTORE[\s\S]*ended 1/)
    docker()
    app.write({ 'restore.volumes': 'shop_minio shop_minio_until_x 123\n' })
    expect(restore(id)).toMatch(/DA-BACKUP-RESTORE .*docker volume rm shop_minio_until_x\n[\s\S]*ended 1/)
    expect([text('shop_uploads', 'a.txt'), calls()]).toEqual(['now', []])
    rmSync(join(app.path, 'restore.volumes'))
    expect(restore(id)).toContain('ended 0')
    expect([text('shop_uploads', 'a.txt'), volumes()]).toEqual(['first', ['shop_uploads', expect.stringContaining('_drill_'), UNTIL]])
    on('settle')
    expect(volumes()).toEqual(['shop_uploads', UNTIL])
  })

  test('a restore whose containers do not start is an error that names them, and the next run tries again; one that is gone is none', () => {
    const id = made()
    docker('start*) echo port is taken >&2; exit 1 ;;')
    expect(restore(id)).toMatch(/warning: c1.*port is taken[\s\S]*DA-BACKUP-RESTORE the data are those of .* docker start c1[\s\S]*ended 1/)
    expect(text('shop_uploads', 'a.txt')).toBe('first')
    docker()
    on('settle')
    expect([app.read('state'), existsSync(join(app.path, 'restore.stopped'))]).toEqual(['running\n', false])
    docker('start*) exit 1 ;; *State.Status*) exit 1 ;; version*) ;;')
    expect(restore(id)).toContain('ended 0')
  })

  test('a drill unpacks the volumes beside and removes them; a tar that changed since is told', () => {
    const id = made()
    expect(on('drill -; echo "ended $?"')).toMatch(/the volumes of .* were unpacked .* s: uploads[\s\S]*ended 0/)
    expect([volumes(), calls()]).toEqual([['shop_uploads'], []])
    app.write({ [`backups/${id}/volume-uploads.tar`]: 'another' })
    expect(on('drill -; echo "ended $?"')).toMatch(/DA-BACKUP-BROKEN.*sha256[\s\S]*ended 1/)
  })

  test('a dump of later on the same day does not push out the last backup with volumes', () => {
    const id = made()
    const dump = (at: string) => app.write({ [`backups/${at}/manifest.json`]: `{\n  "service": "-",\n  "sha256": "x"\n}\n` })
    for (const at of ['29990101T000000Z', '29990101T010000Z']) dump(at)
    on('prune_backups - 1 0 0')
    expect(backups()).toEqual([id, '29990101T010000Z'])
  })

  test.each([
    ['uploads', 'uploads'],
    ['minio-data pause=minio,web', 'minio-data minio,web'],
    ['a b', undefined],
    ['a pause=', undefined],
    ['a pause=b;c', undefined],
    ['$(id)', undefined],
  ])('by hand --volume "%s" is %s', (words, line) => {
    expect(on(`volume_line '${words}' || echo refused`).trim()).toBe(line ?? 'refused')
  })
})
