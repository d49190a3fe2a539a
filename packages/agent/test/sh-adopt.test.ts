import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
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
      ...['docker stop web1', 'docker start edge1', 'edge answers', 'docker rm -f scout1', 'docker stop api1'],
      'docker update --restart no api1 web1',
    ])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^handover: port 80 did not answer for at most \d+ ms$/m)
    expect(readFileSync(join(app.path, 'journal.handed'), 'utf8')).toBe('web1\napi1\n')
  })

  test('without one the edge gets the names while the others still have them; those that depend on others stop first', () => {
    app.write({ 'journal.adopted': 'api1 running always\nweb1 running always\n' })
    run('edge=edge1; hand_over', [...CONTAINERS, EDGE])
    expect(done()).toEqual([
      ...['docker network disconnect shop_default edge1', 'docker network connect --alias api --alias web shop_default edge1'],
      ...['docker stop web1', 'docker stop api1', 'docker update --restart no api1 web1'],
    ])
  })

  test('nginx is told twice: when the edge answers too, and when the others are gone', () => {
    app.write({ 'journal.adopted': 'web1 running always\n', 'releases/R/reload': 'proxy\n' })
    run('edge=edge1; hand_over', [...CONTAINERS, EDGE, 'nginx1|shop|proxy|running|False|p||||'])
    expect(done().slice(2, 5)).toEqual(['docker exec nginx1 nginx -s reload', 'docker stop web1', 'docker exec nginx1 nginx -s reload'])
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
        ...['docker stop api1', 'docker start api1', 'docker update --restart on-failure:3 api1'],
        ...['docker stop edge1', 'docker rm -f edge1'],
        ...['docker stop web1', 'docker start web1', 'docker update --restart unless-stopped web1'],
      ])
    })

    test('what does not start again is said, and the others come back all the same', () => {
      app.write({ 'journal.adopted': journal, 'journal.handed': 'web1\napi1\n' })
      const { stderr } = run('docker() { echo "docker $*" >>"$APP/done"; [ "$*" != "start api1" ]; }; bring_back_adopted', CONTAINERS)
      expect(stderr).toContain('DA-ADOPT-BACK')
      expect(done()).toContain('docker start web1')
    })

    test('what was not touched yet is not touched', () => {
      app.write({ 'journal.adopted': journal })
      run('edge=scout1; bring_back_adopted', [...CONTAINERS, EDGE, SCOUT])
      expect(done()).toEqual(['docker stop scout1', 'docker rm -f edge1 scout1'])
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
