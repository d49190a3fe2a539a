import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

const [V1, V2, V3] = ['20260101T000000Z-1111111-1.1', '20260102T000000Z-2222222-2.1', '20260103T000000Z-3333333-3.1'] as const

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  mkdirSync(join(app.path, 'switch'))
})
afterEach(() => app.remove())

/** A container's files lie below `container/<slot>`; it is named by its slot. */
const PARTS = `
  app_dir=$APP run=$APP project=shop
  step() { "$@" >"$run/out" 2>&1; }
  docker() { cp -R "$APP/container/\${2%%:*}\${2#*:}" "$3"; }
  containers_of() { printf '%s\\n' "\${1#shop-}"; }
`

const at = (path: string): string => join(app.path, path)
const kept = (path = ''): string => at(`switch/.assets/web/static${path}`)
const read = (path: string): string => readFileSync(path, 'utf8')

/** A release with a line of \`assets\`, whose container in a slot has these files. */
function release(id: string, slot: string, files: Readonly<Record<string, string>>): void {
  app.release(id).write({ [`releases/${id}/assets.tsv`]: 'web\t/static\t/app/static\n' })
  rmSync(at(`container/${slot}`), { recursive: true, force: true })
  mkdirSync(at(`container/${slot}/app/static`), { recursive: true })
  app.write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`container/${slot}/app/static/${path}`, text])))
}

inEachShell((shell) => {
  const run = (id: string, slot: string, previous: string, code: string) =>
    shell.run(`${PARTS} use_release "$ID"; project=shop slot=$SLOT previous=$PREVIOUS; ${code}`, {
      ...{ APP: app.path, ID: id, SLOT: slot, PREVIOUS: previous },
    })
  const deploy = (id: string, slot: string, previous = '') => run(id, slot, previous, 'collect_assets && gather_assets')
  const asked = { status: 0, stdout: '', stderr: '' }

  test('the files of all kept releases stand together; of two with one name the newest counts', () => {
    release(V1, 'blue', { 'app.1.js': '1', 'logo.svg': 'one', 'deep/a.css': 'a' })
    expect(deploy(V1, 'blue')).toEqual(asked)
    release(V2, 'green', { 'app.2.js': '2', 'logo.svg': 'two' })
    expect(deploy(V2, 'green', V1)).toEqual(asked)
    expect(readdirSync(kept()).sort()).toEqual(['app.1.js', 'app.2.js', 'deep', 'logo.svg'])
    expect([read(kept('/app.1.js')), read(kept('/logo.svg')), read(kept('/deep/a.css'))]).toEqual(['1', 'two', 'a'])
    // One copy on the disk, which the edge can read as whichever user it has.
    expect(statSync(kept('/app.1.js')).ino).toBe(statSync(at(`releases/${V1}/assets/web/static/app.1.js`)).ino)
    expect([statSync(kept()).mode & 0o777, statSync(kept('/app.1.js')).mode & 0o777]).toEqual([0o755, 0o644])
  })

  test('with a release its files go, also where a newer one had the name', () => {
    release(V1, 'blue', { 'app.1.js': '1', 'logo.svg': 'one' })
    deploy(V1, 'blue')
    release(V2, 'green', { 'app.2.js': '2', 'logo.svg': 'two' })
    deploy(V2, 'green', V1)
    rmSync(at(`releases/${V2}/assets`), { recursive: true })
    expect(run(V1, 'blue', '', 'gather_assets')).toEqual(asked)
    expect(readdirSync(kept()).sort()).toEqual(['app.1.js', 'logo.svg'])
    expect(read(kept('/logo.svg'))).toBe('one')
    expect(readdirSync(at('switch')).filter((name) => name.startsWith('.assets-'))).toHaveLength(1)
  })

  test('where no links can be made there are copies, and no release loses its own file to another', () => {
    release(V1, 'blue', { 'app.1.js': '1', 'logo.svg': 'one' })
    deploy(V1, 'blue')
    release(V2, 'green', { 'logo.svg': 'two' })
    const code = 'cp() { case $1 in -Rlf) command cp "$@"; return 1 ;; *) command cp "$@" ;; esac; }; collect_assets && gather_assets'
    expect(run(V2, 'green', V1, code)).toEqual(asked)
    expect([read(kept('/app.1.js')), read(kept('/logo.svg'))]).toEqual(['1', 'two'])
    expect(read(at(`releases/${V1}/assets/web/static/logo.svg`))).toBe('one')
  })

  test('the live release gives its files too, where it is from before the line', () => {
    app.release(V1)
    mkdirSync(at('container/blue/app/static'), { recursive: true })
    app.write({ 'container/blue/app/static/app.1.js': '1' })
    release(V2, 'green', { 'app.2.js': '2' })
    expect(deploy(V2, 'green', V1)).toEqual(asked)
    expect(readdirSync(kept()).sort()).toEqual(['app.1.js', 'app.2.js'])
  })

  test('of a live release that has only one of two folders, that one is taken', () => {
    app.release(V1)
    mkdirSync(at('container/blue/app/static'), { recursive: true })
    app.write({ 'container/blue/app/static/app.1.js': '1' })
    release(V2, 'green', { 'app.2.js': '2' })
    mkdirSync(at('container/green/app/new'), { recursive: true })
    app.write({ [`releases/${V2}/assets.tsv`]: 'web\t/static\t/app/static\nweb\t/new\t/app/new\n' })
    expect(deploy(V2, 'green', V1)).toEqual(asked)
    expect(readdirSync(kept()).sort()).toEqual(['app.1.js', 'app.2.js'])
  })

  test('a live release without that folder is no reason to give up', () => {
    app.release(V1)
    release(V2, 'green', { 'app.2.js': '2' })
    expect(deploy(V2, 'green', V1)).toEqual(asked)
    expect([readdirSync(kept()), existsSync(at(`releases/${V1}/assets`)), existsSync(at(`releases/${V1}/assets.next`))]).toEqual([
      ...[['app.2.js'], false, false],
    ])
  })

  test('links and files with a dot in front are left behind: the edge has more to hide than this folder', () => {
    release(V1, 'blue', { 'app.1.js': '1', '.env': 'SECRET=1', '.vite/manifest.json': '{}' })
    symlinkSync('/etc/passwd', at('container/blue/app/static/users'))
    symlinkSync('/etc', at('container/blue/app/static/etc'))
    expect(deploy(V1, 'blue')).toEqual(asked)
    expect(readdirSync(kept())).toEqual(['app.1.js'])
  })

  test('a folder that the new release does not have is refused with its line', () => {
    release(V1, 'blue', {})
    app.write({ [`releases/${V1}/assets.tsv`]: 'web\t/static\t/app/nowhere\n' })
    const { status, stderr } = deploy(V1, 'blue')
    expect([status, stderr]).toEqual([1, expect.stringMatching(/web: \/static\/\* from \/app\/nowhere.*DA-ASSETS-MISSING/)])
    expect([existsSync(at('switch/.assets')), readdirSync(at(`releases/${V1}`)).includes('assets.next')]).toEqual([false, false])
  })

  test('without such a line nothing is asked and nothing is made', () => {
    app.release(V3)
    expect(run(V3, 'blue', '', 'docker() { echo asked; }; collect_assets && gather_assets')).toEqual(asked)
    expect(readdirSync(at('switch'))).toEqual([])
  })
})
