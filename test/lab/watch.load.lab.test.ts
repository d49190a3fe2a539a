import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { type Consumer, directory, type Step } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

// A release whose health and `verify` lines are right all the while: what visitors get, and what it logs, decides.
const scene = ground()
const SECRET = 'of-the-app-s3cret'
const FIGURES = /(\d\d)\.\d % of (\d+) answers of the new release were 5xx; before the switch it was \d+\.\d % of \d+/

const given = () => {
  const sample = readFileSync(`${scene.stage.lab.sample}/compose.yaml`, 'utf8')
  return scene.given(['v1'], { compose: sample.replace('      GREETING', `      APP_TOKEN: ${SECRET}\n      GREETING`) })
}
const deploy = (consumer: Consumer, tag: string, inputs: Record<string, string> = {}): Promise<Step> =>
  consumer.deploy(tag, { inputs: { 'verify-for': '5s', ...inputs } })
const served = async () => (await home(scene.stage.url)).version

test('a release that fails three requests of ten is taken back, with the figures, its lines of errors, and the name of the secret that it logs', async () => {
  const { consumer } = await given()
  const { result } = await underLoad(scene.stage, () => deploy(consumer, 'errors'), { worker: false })
  expectStatus(result, 'reverted')
  const [error, ...others] = result.annotations.filter(({ level }) => level === 'error')
  expect([error?.title, others]).toEqual(['DA-VERIFY-ERRORS', []])
  const [, share, answers] = FIGURES.exec(error?.message ?? '') ?? []
  expect(Number(share)).toBeGreaterThanOrEqual(20)
  expect(Number(answers)).toBeGreaterThanOrEqual(50)
  expect(result.stdout).toContain('web: level=error msg="cannot render the page"')
  expect(result.annotations).toContainEqual(
    expect.objectContaining({ level: 'warning', message: expect.stringContaining('the log of web has the value of APP_TOKEN') }),
  )
  expect(`${result.stdout}${result.stderr}${result.summary}`).not.toContain(SECRET)
  expect(await served()).toBe('v1')
  await scene.expectAsGiven()
})

test('a good release is deployed, and the summary has its answers', async () => {
  const { consumer } = await given()
  const { result } = await underLoad(scene.stage, () => deploy(consumer, 'v2'), { worker: false })
  expectStatus(result, 'deployed')
  expect(result.summary).toMatch(
    /While it was verified: \d{3,} answers, 0 of them 5xx \(before the switch: \d+ of \d{2,}\)\. 95 of 100 came within \d+ ms/,
  )
  expect(result.stdout).not.toMatch(/lines of errors|has the value of/)
})

test('a release that hardly anybody asked is not judged; on the way back to it, without a runner, it is; and whoever wants such answers turns it off', async () => {
  const { consumer } = await given()
  expectStatus(await deploy(consumer, 'errors', { 'verify-for': '1s' }), 'deployed')
  expectStatus(await deploy(consumer, 'v2', { 'verify-for': '0s' }), 'deployed')
  const back = () => scene.stage.box.exec(`${directory}/bin/release rollback`, { timeoutMs: 120_000 })
  const { result } = await underLoad(scene.stage, back, { worker: false })
  expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(FIGURES) })
  expect(await served()).toBe('v2')
  await expectSettled(scene.stage.box)
  const off = await underLoad(scene.stage, () => deploy(consumer, 'errors', { 'verify-for': '1s', 'max-error-increase': 'off' }), {
    worker: false,
  })
  expectStatus(off.result, 'deployed')
})
