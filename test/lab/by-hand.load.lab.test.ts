import { expect, test } from '@jest/globals'
import { byHandCompose, byHandInputs, startByHand } from '../../lab/scenarios/by-hand.ts'
import { directory } from '../../lab/scenarios/consumer.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep, underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

// The table of docs/guide-by-hand.md, line by line.

const scene = ground()
const light = { rate: 60, worker: false }

const onHost = (command: string) => scene.stage.box.exec(command, { timeoutMs: 120_000 })
const must = async (command: string): Promise<string> => {
  const { code, stdout, stderr } = await onHost(command)
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stdout}${stderr}`)
  return stdout.trim()
}

/** Every container by its name: which one it is, and since when it runs. */
async function containers(): Promise<Map<string, { id: string; since: string; running: boolean }>> {
  const lines = await must(
    "docker inspect -f '{{.Name}} {{.Id}} {{.State.StartedAt}} {{.State.Running}}' $(docker ps -aq) | sed 's,^/sample-,,'",
  )
  return new Map(
    lines.split('\n').map((line) => {
      const [name = '', id = '', since = '', running] = line.split(' ')
      return [name, { id, since, running: running === 'true' }]
    }),
  )
}

type Change = 'gone' | 'made anew' | 'stopped' | 'started anew'

/** What differs, by container. */
function changes(before: Awaited<ReturnType<typeof containers>>, after: typeof before): Record<string, Change> {
  const all = [...new Set([...before.keys(), ...after.keys()])].sort()
  return Object.fromEntries(
    all.flatMap((name): [string, Change][] => {
      const [was, is] = [before.get(name), after.get(name)]
      if (is === undefined) return [[name, 'gone']]
      if (was?.id !== is.id) return [[name, 'made anew']]
      if (was.running && !is.running) return [[name, 'stopped']]
      return was.since === is.since ? [] : [[name, 'started anew']]
    }),
  )
}

const release = `${directory}/bin/release`
const trouble = async () => (await must(`${release} status`)).match(/^(missing|twice) .*$/gm) ?? []
const mended = async () => [...(await must(`${release} doctor`)).matchAll(/^mended +(.*)$/gm)].map(([, what]) => what)
/** The database's own id, which was born with its data. */
const dataId = async () => /"id":"(\w+)"/.exec(await must('docker exec sample-edge-edge-1 wget -q -O - http://store:7000/'))?.[1]

async function untilDataAnswers(): Promise<string | undefined> {
  for (let tries = 0; tries < 50; tries++) {
    const id = await dataId().catch(() => undefined)
    if (id !== undefined) return id
    await sleep(200)
  }
  throw new Error('the store does not answer')
}

const missing = [`missing   store, worker: does not run. ${release} doctor starts it`]
const both = (change: Change): Record<string, Change> => ({ 'store-1': change, 'worker-1': change })
const base = 'the other services run'

const table: [command: string, changed: Record<string, Change>, told: string[], mends: string[]][] = [
  ['docker compose up -d', {}, [], []],
  ['docker compose up -d web', {}, [], []],
  ['docker compose pull -q && docker compose up -d', {}, [], []],
  ['docker compose restart', both('started anew'), [], []],
  ['docker compose stop', both('stopped'), missing, [base]],
  ['docker compose down', both('gone'), missing, [base]],
  ['docker compose down && docker compose up -d', both('made anew'), [], ['what serves comes back after a reboot']],
  ['docker compose down -v', both('gone'), missing, [base]],
]
const short = table.filter(([command]) => /(up -d|restart|down)$/.test(command) && !command.includes('&&'))

/** One line of the table: what the command changes, what status says then, and what doctor mends. */
async function type(command: string, folder: string): Promise<unknown[]> {
  const before = await containers()
  await must(`cd ${folder} && ${command}`)
  const changed = changes(before, await containers())
  return [command, changed, await trouble(), await mended()]
}

test.each<[string, Record<string, string>]>([
  ['stopped', {}],
  ['warm', { 'warm-previous': '1h' }],
])('with the previous release %s no command in the folder of the app loses a request, touches a slot or the data', async (kind, inputs) => {
  const { consumer } = await scene.given(['v1', 'v2'], { inputs })
  const warm = kind === 'warm'
  const id = await untilDataAnswers()
  const { report, result } = await underLoad(
    scene.stage,
    async () => {
      const typed = []
      for (const [command] of table) typed.push(await type(command, directory))
      const inCurrent = []
      for (const [command] of short) inCurrent.push(await type(command, `${directory}/current`))
      return { typed, inCurrent }
    },
    light,
  )
  expect(result.typed).toEqual(table)
  expect(result.inCurrent).toEqual(short)
  expectNothingLost(report, { versions: ['v2'] })
  expect(await untilDataAnswers()).toBe(id)
  await expectSettled(scene.stage.box, { warm })

  // The next deploy and the next rollback need no doctor before them.
  const next = await underLoad(
    scene.stage,
    async () => {
      const steps = []
      for (const work of [() => consumer.deploy('v3'), () => consumer.rollback()]) {
        await must(`cd ${directory} && docker compose down`)
        steps.push((await work()).status)
        steps.push(await trouble())
      }
      return steps
    },
    light,
  )
  expect(next.result).toEqual(['deployed', [], 'rolled-back', []])
  expectNothingLost(next.report, { versions: ['v2', 'v3'], returns: true })
  expect(await untilDataAnswers()).toBe(id)
  await expectSettled(scene.stage.box, { warm })
})

test('in the folder that a project was started from, the same holds after its adoption; uninstalled, `up -d` finds what runs', async () => {
  const { box } = scene.stage
  const folder = '/srv/sample'
  await startByHand(scene.stage, folder, { file: 'prod.yml' })
  const id = await must('docker inspect -f "{{.Id}}" sample-store-1')
  const consumer = scene.consumer({ compose: byHandCompose(scene.stage), inputs: byHandInputs })
  const step = await consumer.deploy('v2')
  expectStatus(step, 'deployed')
  expect(step.stdout).toContain(`renamed ${folder}/prod.yml to prod.yml.before-deploy-actions`)
  expect(await must('docker inspect -f "{{.Id}} {{.HostConfig.RestartPolicy.Name}}" sample-store-1')).toBe(`${id} always`)

  const { report, result } = await underLoad(
    scene.stage,
    async () => {
      const typed = []
      for (const [command] of table) typed.push(await type(command.replaceAll('docker compose', 'docker compose -f prod.yml'), folder))
      return typed
    },
    light,
  )
  expect(result.map(([, ...rest]) => rest)).toEqual(table.map(([, ...rest]) => rest))
  expectNothingLost(report, { versions: ['v2'] })

  // Who brings the old file back starts a second copy: it is named, refused and removed.
  await must(`cd ${folder} && docker compose -p sample -f prod.yml.before-deploy-actions up -d --no-deps api`)
  expect(await trouble()).toEqual([`twice     api: started beside the live release. ${release} doctor removes it`])
  expect((await consumer.deploy('v3')).annotations.map(({ title }) => title)).toContain('DA-ADOPT-BESIDE')
  expect(await mended()).toEqual(['no service of the release runs a second time'])
  expectStatus(await consumer.deploy('v3'), 'deployed')
  await expectSettled(box)

  await must(`${release} uninstall`)
  const before = await containers()
  await must(`cd ${folder} && docker compose -f prod.yml up -d && cd ${directory} && docker compose up -d`)
  expect(changes(before, await containers())).toEqual({})
  for (let tries = 0; tries < 50 && (await home(scene.stage.url).catch(() => undefined))?.version !== 'v3'; tries++) await sleep(200)
  expect((await home(scene.stage.url)).version).toBe('v3')
})
