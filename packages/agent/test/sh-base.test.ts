import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
})
afterEach(() => app.remove())

const ROWS = ['web switch i 1 always http 8000 / - - -', 'db keep pg 1 always - - - prepare - -', 'prepares keep pg 1 no - - - prepare - -']
const CONTAINERS = [
  'blue1|shop-blue|web-blue|running|False|shop-blue-web-blue-1|0.0.0.0:7->7/tcp||shop|R',
  'db1|shop|db|running|False|shop-db-1|127.0.0.1:5432->5432/tcp|shop_data||',
  'old1|shop|old|running|False|shop-old-1|0.0.0.0:9100->9100/tcp, :::9100->9100/tcp, 0.0.0.0:53->53/udp, 9101/tcp|||',
  'old2|shop|old|exited|False|shop-old-2||||',
  'new1|shop|cache|running|False|shop-cache-1|[::]:8000-8001->8000-8001/tcp|||',
  'run1|shop|old|running|True|shop-old-run||||',
  'prep1|shop|prepares|exited|False|shop-prepares-1||||',
  'blog1|blog|old|running|False|blog-old-1|0.0.0.0:80->80/tcp|||',
]
const PARTS = `
  app_dir=$APP run=$APP
  list_containers() { printf '%s\\n' ${CONTAINERS.map((line) => `'${line}'`).join(' ')}; }
  docker() { echo "docker $*" >>"$APP/done"; }
  : >"$APP/done"
`

inEachShell((shell) => {
  const run = (code: string) => shell.run(`${PARTS}${code}`, { APP: app.path })
  const done = () =>
    readFileSync(join(app.path, 'done'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')

  test('what the release does not have is stopped and removed when its settings say so, and nothing else', () => {
    app.release('R', { remove_orphans: 'yes' }, ROWS)
    expect(run('use_release R; remove_orphans')).toEqual({
      status: 0,
      stdout: 'removing what the release does not have: cache old\n',
      stderr: '',
    })
    expect(done()).toEqual(['docker stop old1 old2 new1', 'docker rm -f old1 old2 new1'])
  })

  test.each([['no'], [undefined]])('with the setting %j nothing is removed', (remove_orphans) => {
    app.release('R', remove_orphans === undefined ? {} : { remove_orphans }, ROWS)
    expect(run('use_release R; remove_orphans').stdout).toBe('')
    expect(done()).toEqual([])
  })

  test('doctor names the ports that are open to everybody', () => {
    app.release('R', {}, ROWS)
    expect(run('use_release R; name_public_ports').stdout).toBe(
      'ok      open to everybody, past ufw: shop-old-1 53/udp 9100/tcp, shop-cache-1 8000-8001/tcp\n',
    )
  })

  test.each([
    ['db:postgres-16', 'db:postgres-16', ''],
    ['db:postgres-15,cache:redis-7', 'cache:redis-7,db:postgres-16', 'R has postgres-15 as db, and the live release has postgres-16: '],
    ['shop:mysql-5.7', 'db:postgres-16,shop:mysql-8.0', 'R has mysql-5.7 as shop, and the live release has mysql-8.0: '],
    ['db:postgres-15', 'other:postgres-16', ''],
    ['', 'db:postgres-16', ''],
    ['db:postgres-16', undefined, ''],
  ])('back to the databases %j from %j: %s', (target, live, said) => {
    app.release('R', { databases: target }, ROWS).release('L', live === undefined ? {} : { databases: live }, ROWS)
    const { status, stderr } = run('previous=L; use_release R; databases_stay')
    expect(status).toBe(said === '' ? 0 : 1)
    expect(stderr).toContain(said === '' ? '' : said)
    expect(stderr.includes('DA-STATEFUL-BACK')).toBe(said !== '')
  })

  test('a rollback that would put an older database on newer files touches nothing', () => {
    app.release('R', { databases: 'db:postgres-15' }, ROWS).release('L', { databases: 'db:postgres-16' }, ROWS).history('R', 'L')
    app.write({ 'switch/blue': '' })
    expect(run('apply_release rollback R')).toMatchObject({ status: 1, stderr: expect.stringContaining('(DA-STATEFUL-BACK)') })
    expect(done()).toEqual([])
    expect(readFileSync(join(app.path, 'log.jsonl'), 'utf8').match(/"aborted"/g)).toHaveLength(1)
  })

  test.each([
    ['ended well', 'exited 0 no', ['docker start prep1']],
    ['failed', 'exited 1 no', []],
    ['is to run always', 'exited 0 always', []],
  ])('a service that others need healthy and that %s: %s', (_, state, started) => {
    const asked = `inspect() { echo '${state}'; }; await_health() { cat "$run/waiting"; }; setting() { echo 1; }`
    expect(run(`${asked}; await_dependencies shop prepares:healthy,db:started`).stdout).toBe('prep1 prepares docker - -\n')
    expect(done()).toEqual(started)
  })

  test.each([
    ['deploy', 'db cache mended then shop db:healthy '],
    ['rollback', 'db cache mended '],
  ])('what a %s starts before the slot, and waits for: %s', (operation, order) => {
    app.release('R', {}, [
      ROWS[0] ?? '',
      'db keep pg 1 always - - - healthy - -',
      'cache keep c 1 always - - - prepare - -',
      'late keep l 1 no - - - finish - -',
      'mended recreate m 1 always - - - healthy - -',
    ])
    const parts = `make_directories() { :; }; base_is_applied() { :; }; start_base_service() { printf '%s ' "$1"; }
      await_dependencies() { printf 'then %s ' "$*"; }`
    expect(run(`${parts}; use_release R; operation=${operation}; prepare_base`)).toMatchObject({ status: 0, stdout: order })
  })

  test('what does not become healthy ends a deploy before there is a slot', () => {
    app.release('R', {}, ['db keep pg 1 always - - - healthy - -'])
    const parts = 'make_directories() { :; }; base_is_applied() { :; }; start_base_service() { :; }; await_dependencies() { return 1; }'
    expect(run(`${parts}; use_release R; operation=deploy; prepare_base`).status).toBe(1)
  })

  test('back to a release that has the database under another name: not while the present one runs on its files', () => {
    app.release('R', { databases: '' }, ROWS.slice(0, 1)).release('L', { databases: 'db:postgres-16' }, ROWS)
    app.write({ 'releases/R/base.json': '{"volumes":{"data":{"name":"shop_data"}}}' })
    const { status, stderr } = run('previous=L; use_release R; databases_stay')
    expect([status, stderr]).toEqual([1, expect.stringContaining('db, which R does not have, runs on shop_data, which R uses')])
    app.write({ 'releases/R/base.json': '{}' })
    expect(run('previous=L; use_release R; databases_stay').status).toBe(0)
  })

  test.each([
    ['systemd', 'system.slice/docker-ID.scope', 'anon 1000\nfile 9000\nanon_thp 500\n'],
    ['cgroupfs', 'docker/ID', 'file 9000\nanon 1000\n'],
    ['the first version', 'memory/docker/ID', 'rss 1\ntotal_cache 9000\ntotal_rss 1000\ntotal_rss_huge 7\n'],
  ])('the memory of containers is counted without the page cache: %s', (_, folder, text) => {
    for (const id of ['a1', 'b2']) app.write({ [`cgroup/${folder.replace('ID', id)}/memory.stat`]: text })
    expect(
      run('cgroups=$APP/cgroup; memory_of a1 b2 && echo "$memory"; memory_of && echo "$memory"; memory_of a1 c3 || echo unknown').stdout,
    ).toBe('2000\n0\nunknown\n')
  })
})
