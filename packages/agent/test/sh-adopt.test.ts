import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('R', {}, [
    'api switch i 1 always http 9000 / - - -',
    'web switch i 1 always http 8000 / - - -',
    'db keep pg 1 always - - - prepare - -',
  ])
  app.write({
    'releases/R/networks.tsv': 'shop_default\tapi web\n',
    'releases/R/reload': '',
    'releases/R/edge-beside.json': '{}',
    'switch/blue': '',
  })
})
afterEach(() => app.remove())

const CONTAINERS = ['web1|shop|web|running|False|w||||', 'api1|shop|api|running|False|a||||', 'db1|shop|db|running|False|d||||']
const EDGE = 'edge1|shop-edge|edge|running|False|e|||shop|'
const SCOUT = 'scout1|shop-edge|scout|running|False|s|||shop|'

/** A host whose containers are given, and which writes down what it is told to do. */
const parts = (containers: readonly string[]) => `
  app_dir=$APP run=$APP edge= began=0
  use_release R
  list_containers() { printf '%s\\n' ${containers.map((line) => `'${line}'`).join(' ')}; }
  docker() {
    case $1 in
      inspect) case $3 in *RestartPolicy*) printf 'web1 running unless-stopped 80\\napi1 running on-failure:3\\n' ;; *NetworkID*) : ;; esac; return ;;
    esac
    echo "docker $*" >>"$APP/done"
  }
  await_edge() { echo 'edge answers' >>"$APP/done"; }
`
const done = () => (existsSync(join(app.path, 'done')) ? readFileSync(join(app.path, 'done'), 'utf8').trim().split('\n') : [])
const journal = 'api1 running on-failure:3\nweb1 running unless-stopped 80\n'

inEachShell((shell) => {
  const run = (code: string, containers: readonly string[]) => shell.run(`${parts(containers)}${code}`, { APP: app.path })

  test('of the files with values a person named all are told, of a release that was uninstalled none', () => {
    app.release('R', { data_directory: '/srv/shop' }).write({ all: 'a|shop|\nb|shop|\n' })
    const made = (id: string, folder: string, env: string) => `by-hand|${id}|${folder}|${folder}/compose.yaml|hash|img|sha|${env}`
    const lines = [made('a', '/srv/shop', '/dev/null'), made('b', `${app.path}/releases/R`, '/dev/null')]
    const docker = `docker() { printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}; };`
    const { stdout } = shell.run(`app_dir=$APP run=$APP; ${docker} facts_of_hand_work`, { APP: app.path })
    const told = stdout
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t'))
    expect(told.map(([, , folder, , , , , env]) => [folder, env])).toEqual([
      ['/srv/shop', '/dev/null'],
      ['/srv/shop', ''],
    ])
  })

  test('what people started of the switched services is remembered with its state, policy and ports', () => {
    expect(run('remember_adopted; cat "$app_dir/journal.adopted"', CONTAINERS).stdout).toBe(
      'web1 running unless-stopped 80\napi1 running on-failure:3\n',
    )
  })

  test.each([
    ['a live release', 'previous=P'],
    ['a release that was planned for a host without them', 'rm "$release_dir/edge-beside.json"'],
  ])('%s takes nothing over', (_what, before) => {
    run(`${before}; remember_adopted`, CONTAINERS)
    expect(existsSync(join(app.path, 'journal.adopted'))).toBe(false)
  })

  test('with a published port: what has it stops, the edge starts and answers, then the others stop', () => {
    app.write({ 'journal.adopted': journal })
    const { stdout, status } = run('hand_over', [...CONTAINERS, EDGE, SCOUT])
    expect(done()).toEqual([
      'docker update --restart always web1',
      ...['docker stop web1', 'docker start edge1', 'edge answers', 'docker update --restart no api1 web1'],
      ...['docker rm -f scout1', 'docker stop api1'],
    ])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^handover: port 80 did not answer for at most \d+ ms$/m)
    expect(readFileSync(join(app.path, 'journal.handed'), 'utf8')).toBe('web1\napi1\n')
  })

  test('meanwhile a boot starts what ran and was to be started at boots, although it was stopped; nothing else', () => {
    app.write({
      'journal.adopted':
        'api1 running unless-stopped\nold1 exited unless-stopped\njob1 running no\ndb1 running on-failure:3\nweb1 running unless-stopped 80 443\n',
    })
    run('hand_over', [...CONTAINERS, EDGE, SCOUT])
    expect(done().slice(0, 2)).toEqual(['docker update --restart always api1 web1', 'docker stop web1'])
  })

  test('without one the edge gets the names while the others still have them; those that depend on others stop first', () => {
    app.write({ 'journal.adopted': 'api1 running always\nweb1 running always\n' })
    run('edge=edge1; hand_over', [...CONTAINERS, EDGE])
    expect(done()).toEqual([
      ...['docker network disconnect shop_default edge1', 'docker network connect --alias api --alias web shop_default edge1'],
      ...['docker update --restart no api1 web1', 'docker stop web1', 'docker stop api1'],
    ])
  })

  test('nginx is told twice: when the edge answers too, and when the others are gone', () => {
    app.write({ 'journal.adopted': 'web1 running always\n', 'releases/R/reload': 'proxy\n' })
    run('edge=edge1; hand_over', [...CONTAINERS, EDGE, 'nginx1|shop|proxy|running|False|p||||'])
    expect(done().slice(3)).toEqual(['docker exec nginx1 nginx -s reload', 'docker stop web1', 'docker exec nginx1 nginx -s reload'])
  })

  test('so is one of another project that may be told; one that does not do it is said', () => {
    app.write({ 'journal.adopted': 'web1 running always\n', 'releases/R/reload-others': 'front-proxy-1\n' })
    run('edge=edge1; hand_over', [...CONTAINERS, EDGE])
    expect(done().filter((line) => line === 'docker exec front-proxy-1 nginx -s reload')).toHaveLength(2)
    const { stdout } = run('docker() { echo "no such container"; return 1; }; reload_proxies', CONTAINERS)
    expect(stdout).toContain('front-proxy-1 could not be reloaded: no such container')
  })

  test('an nginx that does not reload is said, and nothing stops', () => {
    app.write({ 'journal.adopted': 'web1 running always\n', 'releases/R/reload': 'proxy\n' })
    const broken = `docker() { echo "docker $*" >>"$APP/done"; [ "$1" != exec ] || { echo 'unknown directive'; return 1; }; }; inspect() { echo /shop-nginx-1; };`
    const failed = run(`${broken} edge=edge1; hand_over`, [...CONTAINERS, EDGE, 'nginx1|shop|proxy|running|False|p||||'])
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringMatching(/nginx in shop-nginx-1 does not reload.*DA-ADOPT-RELOAD/) })
    expect(done().join()).not.toContain('docker stop')
    const none = broken.replace('return 1', 'return 127')
    expect(run(`${none} edge=edge1; hand_over`, [...CONTAINERS, EDGE, 'nginx1|shop|proxy|running|False|p||||'])).toMatchObject({
      status: 0,
    })
  })

  test('an edge that does not start is said, and nothing else stops', () => {
    app.write({ 'journal.adopted': journal })
    const failed = run('docker() { [ "$1" != start ]; }; : >"$run/out"; hand_over', [...CONTAINERS, EDGE, SCOUT])
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining('DA-EDGE-START') })
    expect(readFileSync(join(app.path, 'journal.handed'), 'utf8')).toBe('web1\n')
  })

  describe('the way back', () => {
    test('what was stopped runs again under its own policy; what has a port comes when the edge has given it up', () => {
      app.write({ 'journal.adopted': journal, 'journal.handed': 'web1\napi1\n' })
      run('find_edge; bring_back_adopted', [...CONTAINERS, EDGE])
      expect(done()).toEqual([
        ...['docker stop api1', 'docker start api1', 'docker stop edge1', 'docker rm -f edge1', 'docker stop web1', 'docker start web1'],
        ...['docker update --restart on-failure:3 api1', 'docker update --restart unless-stopped web1'],
      ])
    })

    test('what does not start again is said, and the others come back all the same', () => {
      app.write({ 'journal.adopted': journal, 'journal.handed': 'web1\napi1\n' })
      const { stderr } = run('docker() { echo "docker $*" >>"$APP/done"; [ "$*" != "start api1" ]; }; bring_back_adopted', CONTAINERS)
      expect(stderr).toContain('DA-ADOPT-BACK')
      expect(done()).toContain('docker start web1')
    })

    test('as long as Docker does not answer nothing is undone, and the journal stays for the next run', () => {
      app.write({ 'journal.adopted': journal, 'journal.handed': 'web1\napi1\n' })
      const { stderr } = run(
        'docker_patience=0; slot=blue; release=R; phase=switched; list_containers() { return 1; }; undo_release() { clear_journal; }; revert_release',
        [],
      )
      expect(stderr).toMatch(/Docker on the host does not answer.*DA-ADOPT-BACK/)
      expect(done()).toEqual([])
      expect(readFileSync(join(app.path, 'journal'), 'utf8')).toContain('phase=reverting')
      expect(existsSync(join(app.path, 'journal.handed'))).toBe(true)
    })

    test('a Docker that dies in the middle is waited for', () => {
      app.write({ 'journal.adopted': journal, 'journal.handed': 'web1\napi1\n' })
      const { stderr } = run(
        `docker() { echo "docker $*" >>"$APP/done"; [ "$1" != start ] || [ -e "$APP/back" ]; }; docker_answers() { : >"$APP/back"; }; bring_back_adopted`,
        CONTAINERS,
      )
      expect(stderr).toBe('')
      expect(done().filter((line) => line === 'docker start api1')).toHaveLength(2)
    })

    test('what was not stopped yet goes on, under the policy that it had', () => {
      app.write({ 'journal.adopted': journal })
      run('edge=scout1; bring_back_adopted', [...CONTAINERS, EDGE, SCOUT])
      expect(done()).toEqual([
        ...['docker stop scout1', 'docker rm -f edge1 scout1'],
        ...['docker update --restart on-failure:3 api1', 'docker update --restart unless-stopped web1'],
      ])
    })
  })

  test('a wrong release is found before anything is handed over', () => {
    app.write({ 'journal.adopted': journal, 'switch/none': '' })
    const fakes = `verify_release() { return 1; }; hand_over() { echo 'handed over' >>"$APP/done"; }; load_configuration() { :; }; keep_slot_over_reboots() { :; }; write_journal() { :; }`
    expect(run(`${fakes}; slot=blue; switch_release`, CONTAINERS).status).toBe(1)
    expect(done()).toEqual([])
  })

  test('the scout asks for no certificates', () => {
    app.write({ 'edge/config/before': '', Caddyfile: '# ours\n{\n\tadmin 127.0.0.1:2019\n\thttp_port 10080\n}\nshop.example.com {\n}\n' })
    run('compose_edges() { :; }; create_edge_beside', CONTAINERS)
    expect(readFileSync(join(app.path, 'edge/config/Caddyfile.scout'), 'utf8')).toBe(
      '# ours\n{\n\tauto_https off\n\tadmin 127.0.0.1:2019\n\thttp_port 10080\n}\nshop.example.com {\n}\n',
    )
  })

  describe('a proxy in whose place the edge steps', () => {
    test('is remembered after the others, and so stops before them', () => {
      app.write({ 'releases/R/replaced': 'proxy\n' })
      const asked = 'docker() { [ "$1" != inspect ] || { shift 3; printf "%s\\n" "$@"; }; }'
      run(`${asked}; remember_adopted`, [...CONTAINERS, 'proxy1|shop|proxy|running|False|p||||'])
      expect(readFileSync(join(app.path, 'journal.adopted'), 'utf8')).toBe('api1\nweb1\nproxy1\n')
    })

    /** Copies in folders instead of volumes. */
    const copy = (hosts: string) =>
      run(
        `printf 'vol\\tcaddy\\t${hosts}\\n' >"$release_dir/certificates"
        docker() { while [ "$1" != sh ]; do shift; done; shift 2; code=$(printf %s "$1" | sed "s,/from/,$APP/from/,; s,/to/,$APP/edge/data/,"); shift 2; sh -c "$code" sh "$@"; }
        edge_image() { echo caddy:2; }
        take_certificates`,
        CONTAINERS,
      )
    const issued = (issuer: string, host: string, text = host) => ({
      [`from/caddy/certificates/${issuer}/${host}/${host}.crt`]: text,
      [`from/caddy/certificates/${issuer}/${host}/${host}.key`]: `${text} key`,
      [`from/caddy/certificates/${issuer}/${host}/${host}.json`]: '{}',
    })
    const at = (path: string) => join(app.path, 'edge/data/caddy', path)

    test('gives it its certificates for these names, with modes, keys and accounts, and no others', () => {
      app.write({ ...issued('acme', 'example.com'), ...issued('acme', 'shop.example.com'), ...issued('acme', 'other.com') })
      app.write({ 'from/caddy/acme/ca/users/a@b/a.key': 'k', 'from/caddy/acme/ca/challenge_tokens/x': 't' })
      chmodSync(join(app.path, 'from/caddy/certificates/acme/example.com/example.com.key'), 0o600)
      const { stdout, stderr, status } = copy('example.com shop.example.com none.com')
      expect([stderr, status]).toEqual(['', 0])
      expect(stdout.trim().split('\n')).toEqual([
        ...['the certificate of example.com is taken over from vol', 'the certificate of shop.example.com is taken over from vol'],
        'vol has no certificate of none.com: the edge orders one when it has the ports',
      ])
      expect(readdirSync(at('certificates/acme')).sort()).toEqual(['example.com', 'shop.example.com'])
      expect(readFileSync(at('certificates/acme/example.com/example.com.key'), 'utf8')).toBe('example.com key')
      expect(statSync(at('certificates/acme/example.com/example.com.key')).mode & 0o777).toBe(0o600)
      expect([existsSync(at('acme/ca/users/a@b/a.key')), existsSync(at('acme/ca/challenge_tokens'))]).toEqual([true, false])
    })

    test('what the edge has of a later time stays', () => {
      app.write(issued('acme', 'example.com', 'old'))
      utimesSync(join(app.path, 'from/caddy/certificates/acme/example.com/example.com.crt'), 1, 1)
      app.write({ 'edge/data/caddy/certificates/acme/example.com/example.com.crt': 'renewed' })
      copy('example.com')
      expect(readFileSync(at('certificates/acme/example.com/example.com.crt'), 'utf8')).toBe('renewed')
    })

    test('what cannot be copied is said, before anything is handed over', () => {
      app.write({ 'releases/R/certificates': 'vol\tcaddy\texample.com\n' })
      expect(run('docker() { echo no space; return 1; }; edge_image() { :; }; take_certificates', CONTAINERS)).toMatchObject({
        ...{ status: 1, stderr: expect.stringContaining('DA-EDGE-CERTIFICATES') },
      })
    })
  })

  test("an old Compose file in the app's folder makes room, and its text stays", () => {
    app.write({
      'docker-compose.yml': 'services: {}',
      'releases/R/old-files': `${app.path}/docker-compose.yml\t-\n${app.path}/gone.yml\tlink\n`,
    })
    expect(run('rename_old_files', []).stdout).toBe(
      `renamed ${app.path}/docker-compose.yml to docker-compose.yml.before-deploy-actions: it no longer describes what runs\n`,
    )
    expect(readFileSync(join(app.path, 'docker-compose.yml.before-deploy-actions'), 'utf8')).toBe('services: {}')
    // What lies there later is somebody's own, also when this release is gone back to.
    app.write({ 'docker-compose.yml': 'mine' })
    expect(run('rename_old_files', []).stdout).toBe('')
    expect(run('previous=Q; rm "$app_dir"/*.before-deploy-actions; rename_old_files', []).stdout).toBe('')
    expect(readFileSync(join(app.path, 'docker-compose.yml'), 'utf8')).toBe('mine')
  })

  test('where Compose would look in the folder of the app, it finds nothing but the base; elsewhere a link leads there', () => {
    const old = `${app.path}/old`
    app.write({
      ...{ 'compose.yaml': 'mine', 'docker-compose.override.yml': 'mine', 'compose.txt': 'mine', 'old/prod.yml': 'a', 'old/more.yml': 'b' },
      'releases/R/old-files': `${old}/more.yml\t-\n${old}/prod.yml\tlink\n`,
    })
    const { stdout } = run('rename_old_files; link_compose_file', [])
    expect(stdout).toContain(`a link in its place leads to ${app.path}/compose.yaml\n`)
    expect(readlinkSync(`${old}/prod.yml`)).toBe(`${app.path}/compose.yaml`)
    expect(readdirSync(old)).toEqual(['more.yml.before-deploy-actions', 'prod.yml', 'prod.yml.before-deploy-actions'])
    expect(readlinkSync(join(app.path, 'compose.yaml'))).toBe('current/by-hand.json')
    expect(readdirSync(app.path)).toEqual(expect.arrayContaining(['compose.txt', 'docker-compose.override.yml.before-deploy-actions']))
    expect(run('rename_old_files; link_compose_file', []).stdout).toBe('')
  })

  test('a run that died between renaming and linking is finished by the next; a file that cannot be renamed is said', () => {
    const old = `${app.path}/old`
    app.write({ 'old/prod.yml.before-deploy-actions': 'a', 'releases/R/old-files': `${old}/prod.yml\tlink\n` })
    run('rename_old_files', [])
    expect(readlinkSync(`${old}/prod.yml`)).toBe(`${app.path}/compose.yaml`)
    app.write({ 'old/x.yml': '', 'releases/R/old-files': `${old}/x.yml\tlink\n` })
    expect(run('mv() { return 1; }; rename_old_files', []).stdout).toMatch(
      /cannot rename .*x\.yml, .*do not run `docker compose up` with it/,
    )
  })
})
