import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app
    .release('R', { base_fingerprint: 'f' }, [
      'web switch i 1 always http 8000 / - - -',
      'api switch i 1 always http 9000 / - - -',
      'db keep pg 1 always - - - prepare - -',
      'worker keep w 1 on-failure:3 - - - finish - -',
      'migrate once i 1 no - - - prepare - -',
    ])
    .current('R')
    .write({ 'switch/green': '', 'run/x': '', done: '' })
})
afterEach(() => app.remove())

const WELL = [
  'g1|shop-green|web-green|running|False|n|||shop|R',
  'g2|shop-green|api-green|running|False|n|||shop|R',
  'b1|shop-blue|web-blue|exited|False|n|||shop|Q',
  'e1|shop-edge|edge|running|False|n|||shop|',
  'd1|shop|db|running|False|n||||',
  'w1|shop|worker|running|False|n||||',
  'm1|shop|migrate|exited|False|n||||',
]
const without = (...ids: string[]) => WELL.filter((line) => !ids.some((id) => line.startsWith(`${id}|`)))

/** A host whose containers are given, with the policies that Docker tells of them; writes down what it is told to do. */
const parts = (containers: readonly string[], policies = '') => `
  app_dir=$APP run=$APP/run edge=e1 slot=green
  use_release R
  list_containers() { printf '%s\\n' ${containers.map((line) => `'${line}'`).join(' ')}; }
  docker() {
    case $1 in
      inspect) printf '%b' '${policies}' ;;
      *) echo "docker $*" >>"$APP/done" ;;
    esac
  }
`

inEachShell((shell) => {
  const run = (code: string, containers: readonly string[], policies?: string) =>
    shell.run(`${parts(containers, policies)}${code}`, { APP: app.path })
  const done = () => app.read('done').split('\n').slice(0, -1)

  test('status says nothing while all is well', () => {
    expect(run('status_of_trouble', WELL)).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  test.each([
    ['down', without('d1', 'w1', 'm1'), 'missing   db, worker: does not run.'],
    ['a service of the live slot removed', without('g2'), 'missing   shop-green: does not run.'],
    ['the edge removed', without('e1'), 'missing   shop-edge: does not run.'],
  ])('status names what is missing after %s, and the one command that mends it', (_what, containers, said) => {
    expect(run('status_of_trouble', containers).stdout).toBe(`${said} ${app.path}/bin/release doctor starts it\n`)
  })

  test('status names what runs a second time, and doctor removes it and nothing else', () => {
    const doubled = [...WELL, 'x1|shop|web|running|False|n||||', 'x2|shop|web|created|False|n||||', 'r1|shop|web|running|True|n||||']
    expect(run('status_of_trouble', doubled).stdout).toBe(
      `twice     web: started beside the live release. ${app.path}/bin/release doctor removes it\n`,
    )
    expect(run('nothing_runs_twice', doubled).status).toBe(1)
    expect(run('nothing_runs_twice', WELL).status).toBe(0)
    run('remove_doubles', doubled)
    expect(done()).toEqual(['docker stop x1 x2', 'docker rm -f x1 x2'])
  })

  const right = 'always g1\\nalways g2\\nalways d1\\non-failure:3 w1\\nno m1\\n'
  test('doctor finds a container without the policy that brings it back, and gives it to all', () => {
    expect(run('policies_stand', WELL, right).status).toBe(0)
    expect(run('policies_stand', WELL, right.replace('always d1', 'no d1')).status).toBe(1)
    expect(run('policies_stand', WELL, '').status).toBe(1)
    run('restore_policies', WELL)
    expect(done()).toEqual([
      'docker update --restart always d1 g1 g2',
      'docker update --restart no m1',
      'docker update --restart on-failure:3 w1',
    ])
  })

  test('a release gives its policies to base containers that it does not know, and then asks nothing more of them', () => {
    run('base_is_applied() { :; }; ended_well() { :; }; apply_base', WELL)
    const first = ['docker update --restart always d1', 'docker update --restart no m1', 'docker update --restart on-failure:3 w1']
    expect(done().slice(-3)).toEqual(first)
    app.write({ done: '' })
    run('keep_base_over_reboots', WELL)
    expect(done()).toEqual([])
    run('keep_base_over_reboots', [...without('d1'), 'd2|shop|db|running|False|n||||'])
    expect(done()[0]).toBe('docker update --restart always d2')
  })

  test('a policy that could not be set is tried again the next time', () => {
    run('set_restart() { return 1; }; keep_base_over_reboots', WELL)
    expect(existsSync(join(app.path, 'base.containers'))).toBe(false)
  })

  test('a slot that lost the container of one service gets it back, and keeps the others', () => {
    const code = `compose() { echo "compose $*" >>"$APP/done"; }; networks_changed() { return 1; }; start_slot_service() { :; }; clearing=''; start_slot`
    run(code, without('g2'))
    expect(done()).toEqual(['compose -green slot-green.json up --no-start --pull never --no-build'])
    app.write({ done: '' })
    expect(run(code, WELL).stdout).toBe('R is still running in green\n')
    expect(done()).toEqual([])
  })
})
