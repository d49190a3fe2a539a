import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Consumer, directory } from '../../lab/scenarios/consumer.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { formsIn, foundIn } from './forms.ts'
import { filesWith, leftInTmp, unwatchHost, watchHost } from './watched-host.ts'

const env = {
  API_TOKEN: `it's "quoted" $HOME \${TAG} $$ and #hashed\\n\nsecond line: ünï-çødé ✓ 漢字\n\ttab, \`ticks\` and a blank at the end `,
  PLAIN: 'first-plain-value',
}
const rotated = { ...env, PLAIN: 'second $value #2' }

let stage: Stage
let consumer: Consumer
beforeAll(async () => {
  stage = await openStage()
  await stage.box.reset()
  const sample = readFileSync(`${stage.lab.sample}/compose.yaml`, 'utf8')
  const compose = sample.replace('    restart: unless-stopped', `    env_file: ${directory}/env/web.env\n    restart: unless-stopped`)
  consumer = new Consumer(stage, { compose, inputs: {} })
})
afterAll(async () => {
  await unwatchHost(stage.box)
  consumer.close()
  await stage.box.reset()
})

const file = async () => (await stage.box.exec(`cat ${directory}/env/web.env`)).stdout
const served = async (name: string) => (await fetch(`${stage.url}/env?name=${name}`)).text()
const brisk = { 'verify-for': '0s', 'stream-drain-timeout': '0s' }

test('env comes first on a bare host; the deploy after it starts with every value as it was given', async () => {
  await watchHost(stage.box)
  const step = await consumer.syncEnv(env)
  const seen = await unwatchHost(stage.box)
  expectStatus(step, 'written')
  expect(JSON.parse(step.outputs.added ?? '')).toEqual(['API_TOKEN', 'PLAIN'])
  expect((await stage.box.exec(`stat -c '%a %U' ${directory}/env/web.env`)).stdout.trim()).toBe('600 root')
  const forms = Object.values(env).flatMap(formsIn)
  expect(foundIn(`${seen.called}${seen.running}`, forms)).toEqual([])
  const shown = step.stdout.replace(/^::add-mask::.*$/gm, '')
  expect(foundIn(`${shown}${step.stderr}${step.summary}${JSON.stringify(step.outputs)}`, forms)).toEqual([])
  expect(await filesWith(stage.box, [env.PLAIN], 'nodocker')).toEqual([])
  expect(await filesWith(stage.box, [env.PLAIN], 'root')).toEqual([`${directory}/env/web.env`])
  expect(await leftInTmp(stage.box)).toBe('')

  expectStatus(await consumer.deploy('v1', { inputs: brisk }), 'deployed')
  expect([await served('API_TOKEN'), await served('PLAIN')]).toEqual([env.API_TOKEN, env.PLAIN])
})

test('the same once more: nothing to do, and nothing runs with other values', async () => {
  const step = await consumer.syncEnv(env, { inputs: { 'dry-run': 'true' } })
  expectStatus(step, 'unchanged')
  expect([step.outputs.stale, step.outputs.unchanged]).toEqual(['{}', '["API_TOKEN","PLAIN"]'])
})

test('a cancelled run leaves the old file', async () => {
  const before = await file()
  const step = await consumer.syncEnv(rotated, { signalAfter: { text: 'changed PLAIN', signal: 'SIGINT' } })
  expect([await file(), before.replace("'first-plain-value'", '')]).toContainEqual(expect.stringContaining('API_TOKEN='))
  expect([before, (await file()).replace("PLAIN='second $value #2'", 'PLAIN=first-plain-value')]).toEqual([before, before])
  expect(step.code).toBe(step.status === 'written' ? 0 : 1)
  expect(await leftInTmp(stage.box)).toBe('')
  expect((await stage.box.exec(`ls -A ${directory}/env`)).stdout.trim()).toBe('web.env')
  await stage.box.exec(`sed -i "s/^PLAIN=.*/PLAIN=first-plain-value/" ${directory}/env/web.env`)
})

test('the rotation of one key changes one line; web is told to run with the old value, and the next deploy starts it with the new one', async () => {
  const before = await file()
  const step = await consumer.syncEnv(rotated)
  expectStatus(step, 'written')
  expect([step.outputs.changed, step.outputs.stale]).toEqual(['["PLAIN"]', '{"web-blue":["PLAIN"]}'])
  expect(await file()).toBe(before.replace('PLAIN=first-plain-value', "PLAIN='second $value #2'"))
  const deployed = await consumer.deploy('v1', { inputs: brisk })
  expectStatus(deployed, 'deployed')
  expect([await served('API_TOKEN'), await served('PLAIN')]).toEqual([rotated.API_TOKEN, rotated.PLAIN])
})

const third = { ...rotated, PLAIN: `third "value" $TOO`, NEW_KEY: 'new' }

test('`apply` brings a rotated and a new key to what runs as a release of its own, and loses no request', async () => {
  const { report, result } = await underLoad(stage, () => consumer.syncEnv(third, { inputs: { apply: 'true' } }))
  expectStatus(result, 'written')
  expect([result.outputs.changed, result.outputs.added, result.outputs.stale]).toEqual(['["PLAIN"]', '["NEW_KEY"]', '{}'])
  expect(result.stdout).toMatch(/web gets PLAIN, NEW_KEY with \d{8}T\d{6}Z/)
  expect([await served('API_TOKEN'), await served('PLAIN'), await served('NEW_KEY')]).toEqual([third.API_TOKEN, third.PLAIN, third.NEW_KEY])
  expect((await stage.box.exec(`readlink ${directory}/current`)).stdout.trim()).toBe(`releases/${result.outputs['release-id']}`)
  expectNothingLost(report, { versions: ['v1'] })
  await expectSettled(stage.box)
  const shown = result.stdout.replace(/^::add-mask::.*$/gm, '')
  expect(foundIn(`${shown}${result.stderr}${result.summary}`, [third.PLAIN, ...formsIn(third.API_TOKEN)])).toEqual([])
})

test('`apply` with nothing to bring makes no release', async () => {
  const step = await consumer.syncEnv(third, { inputs: { apply: 'true' } })
  expectStatus(step, 'unchanged')
  expect(step.outputs['release-id']).toBe('')
})

test('a file that was written before is brought to what runs later', async () => {
  expectStatus(await consumer.syncEnv({ ...third, PLAIN: 'fourth' }), 'written')
  expect(await served('PLAIN')).toBe(third.PLAIN)
  const step = await consumer.syncEnv({ ...third, PLAIN: 'fourth' }, { inputs: { apply: 'true' } })
  expectStatus(step, 'written')
  expect(await served('PLAIN')).toBe('fourth')
})

test('a key that was rotated does not go back with a release: not by the action, not on the host, and no request is lost', async () => {
  const last = { ...third, PLAIN: 'fifth' }
  expectStatus(await consumer.syncEnv(last, { inputs: { apply: 'true', rotated: 'PLAIN' } }), 'written')
  expect(await served('PLAIN')).toBe('fifth')
  const { report, result } = await underLoad(stage, () => consumer.rollback())
  expectStatus(result, 'rolled-back')
  expect(result.stdout).toContain('Rotated since then, and kept as they are now: PLAIN')
  expect(await served('PLAIN')).toBe('fifth')
  expectNothingLost(report, { versions: ['v1'] })
  await expectSettled(stage.box)
  const { stdout } = await stage.box.exec(`${directory}/bin/release rollback 2>&1`)
  expect(stdout).toContain('the rotated PLAIN stay as they are now')
  expect([await served('PLAIN'), await served('API_TOKEN')]).toEqual(['fifth', last.API_TOKEN])
  await expectSettled(stage.box)
})
