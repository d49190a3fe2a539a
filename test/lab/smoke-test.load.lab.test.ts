import { expect, test } from '@jest/globals'
import { directory } from '../../lab/scenarios/consumer.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

const scene = ground()

/** What a visitor needs of the sample app. */
const CHECKS = `
- name: page and api are of one version
  get: /
  expect: { json: { $.version: '\${VERSION}', $.api.version: '\${VERSION}' } }
- get: /ready
- flow: orders
  steps:
    - post: /echo
      multipart: { note: hello, photo: { bytes: 200KB } }
      expect: { json: { $.bytes: { gt: 200000 }, $.version: '\${VERSION}' } }
      capture: { sum: $.sha256 }
    - post: /echo
      body: '\${sum}'
      expect: { json: { $.bytes: 64 } }
- { get: /big?kb=512, expect: { size: 512KB } }
- get: /
  repeat: { times: 60, concurrency: 3, p95: 5s }
`
const wanting = (version: string) => ({ 'expect-version': version, variables: `VERSION=${version}`, checks: CHECKS })
const onHost = (command: string) => scene.stage.box.exec(`${directory}/bin/release ${command}`)

test('the candidate passes before anybody sees it; a red one is dropped, and no visitor noticed', async () => {
  const { consumer } = await scene.given(['v1'])
  const env = { GITHUB_RUN_ID: '9101' }
  const { report, result } = await underLoad(scene.stage, async () => {
    const good = await consumer.deploy('v2', { env, inputs: { phase: 'prepare' } })
    expectStatus(good, 'prepared')
    const green = await consumer.smoke({ ...wanting('v2'), candidate: good.outputs['candidate-header'] ?? '' })
    expect(green.outputs).toMatchObject({ status: 'passed', verdict: 'passed', 'rollback-recommended': 'false', warm: 'none' })
    const visitors = await consumer.smoke(wanting('v1'))
    expect(visitors.outputs).toMatchObject({ verdict: 'passed' })
    const without = await consumer.smoke({ ...wanting('v2'), timeout: '2s' })
    expect(without.outputs).toMatchObject({ verdict: 'not-rolled-out', 'rollback-recommended': 'false' })

    const bad = await consumer.deploy('bad-ready', { env, inputs: { phase: 'prepare' } })
    expectStatus(bad, 'prepared')
    const red = await consumer.smoke({ checks: '- get: /\n- get: /ready\n', candidate: bad.outputs['candidate-header'] ?? '' })
    expect({ code: red.code, ...red.outputs }).toMatchObject({
      code: 1,
      status: 'failed',
      verdict: 'unhealthy',
      'rollback-recommended': 'false',
    })
    return consumer.deploy('bad-ready', { env, inputs: { phase: 'abort' } })
  })
  expectStatus(result, 'aborted')
  expectNothingLost(report, { versions: ['v1'] })
  await scene.expectAsGiven()
})

test('a green verdict ends the warm release at once, and a red one switches back to it; nothing is lost', async () => {
  const { consumer } = await scene.given(['v1'])
  const settle = (release: string | undefined, more: Record<string, string>) =>
    consumer.smoke({ 'settle-warm': 'true', 'release-id': release ?? '', ...more })
  const warm = { 'warm-previous': '10m' }
  const good = await underLoad(scene.stage, async () => {
    const deployed = await consumer.deploy('v2', { inputs: warm })
    expectStatus(deployed, 'deployed')
    expect((await onHost('list')).stdout).toMatch(/ kept +warm /)
    return settle(deployed.outputs['release-id'], wanting('v2'))
  })
  expect(good.result.outputs).toMatchObject({ status: 'passed', warm: 'ended' })
  expect((await onHost('list')).stdout).toMatch(/ kept +stopped /)
  expectNothingLost(good.report, { versions: ['v1', 'v2'] })
  await expectSettled(scene.stage.box)

  // Its verification asks nothing that would show what is wrong with it.
  const inputs = { ...warm, verify: `${scene.stage.url}/ 200` }
  const bad = await underLoad(scene.stage, async () => {
    const deployed = await consumer.deploy('bad-ready', { inputs })
    expectStatus(deployed, 'deployed')
    const red = await settle(deployed.outputs['release-id'], { checks: '- get: /ready' })
    return { deployed, red }
  })
  const { deployed, red } = bad.result
  expect({ code: red.code, ...red.outputs }).toMatchObject({ code: 1, status: 'failed', verdict: 'unhealthy', warm: 'rolled-back' })
  expect(red.summary).toContain('serves again')
  expect((await home(scene.stage.url)).version).toBe('v2')
  expectNothingLost(bad.report, { versions: ['v2', 'bad-ready'], returns: true })

  // A late verdict on a release that is not live any more touches nothing.
  const late = await settle(deployed.outputs['release-id'], { checks: '- get: /' })
  expect({ code: late.code, warm: late.outputs.warm }).toEqual({ code: 0, warm: 'superseded' })
  expect(late.summary).toContain('is live by now')
  await expectSettled(scene.stage.box)
})
