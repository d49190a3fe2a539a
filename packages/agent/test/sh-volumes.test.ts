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

  test('files that change while nobody holds them still are a warning, and an error where somebody should', () => {
    const changing = `tar() { command tar "$@"; code=$?; [ "$1" != -c ] || { echo 'tar: ./a.txt: file changed as we read it' >&2; return 1; }; return $code; }`
    expect(make('uploads', changing)).toMatch(/warning: 1 files of uploads changed[\s\S]*made 0/)
    expect(make('uploads store', changing)).toMatch(/DA-BACKUP-FAILED[\s\S]*made 1/)
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
    expect(on('printf "uploads\\n" >$run/v; check_volumes $run/v c1; echo "ended $?"')).toMatch(
      /DA-BACKUP-VOLUME uploads has the files of the database[\s\S]*ended 1/,
    )
  })

  test('a volume of half its size is refused, and one that does not fit on the disk is not begun', () => {
    volume('shop_uploads', { big: 'x'.repeat(300_000) })
    made()
    rmSync(join(kept, 'shop_uploads', '_data', 'big'))
    expect(make('uploads store')).toMatch(/DA-BACKUP-SHRUNK the volume uploads has[\s\S]*made 1/)
    const before = calls().length
    expect(make('uploads store', 'df() { echo Filesystem; echo "/dev/x 9 9 1024 9% /"; }')).toMatch(
      /DA-HOST-DISK 1 MiB are free[\s\S]*made 1/,
    )
    expect([calls().length, backups().length]).toEqual([before, 1])
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
    expect([text('shop_uploads', 'a.txt'), volumes(), calls().at(-1)]).toEqual(['now', ['shop_uploads'], 'start c1'])
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
        `restore_database() { exchange_volumes && return 1; }; has_dump() { :; }; check_backup() { :; }; find_running_server() { server=c9; }; restore_backup - ${id}; echo "ended $?"`,
      ),
    ).toContain('ended 1')
    expect([text('shop_uploads', 'a.txt'), volumes(), calls().slice(length)]).toEqual(['now', ['shop_uploads'], ['stop c1', 'start c1']])
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
