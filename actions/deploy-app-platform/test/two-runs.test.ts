import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Spec } from '../../../lab/digitalocean/take-spec.ts'
import { digest, digestsIn, Ground, IMAGES, NEW, OLD } from './ground.ts'

const APP = '/v2/apps/{id}'

let ground: Ground
beforeEach(async () => {
  ground = await Ground.open()
})
afterEach(async () => {
  await ground.fake.close()
  expect(ground.fake.violations).toEqual([])
  for (const app of ground.fake.account.apps) expect(app.damage).toEqual([])
})

/** Somebody changes the log level right now, from the spec as it is at this moment or as it was in `from`. */
function setLogLevel(id: string, value: string, from?: Spec): void {
  const app = ground.fake.account.find(id)
  const spec = structuredClone(from ?? app.spec)
  spec.envs[0].value = value
  ground.fake.account.update(app, spec)
}

const stateOf = (id: string) => {
  const { spec } = ground.fake.account.find(id)
  return { level: spec.envs[0].value, web: digestsIn(spec).web }
}

test('what somebody changes between the plan and the change stays: this change is laid over it', async () => {
  const id = await ground.withApp()
  // The reads of a run: by name, whole, once more for its turn, and the last one right before the change.
  ground.fake.faults.push({ method: 'GET', path: APP, skip: 2, meanwhile: () => setLogLevel(id, 'debug') })
  const { outputs } = await ground.run({ images: IMAGES, 'when-busy': 'wait' })
  expect(outputs.status).toBe('deployed')
  expect(stateOf(id)).toEqual({ level: 'debug', web: NEW })
  expect(ground.fake.requests('PUT /v2/apps/{id}')).toHaveLength(1)
})

test('what somebody changes in the very moment between the last look and the change is brought back', async () => {
  const id = await ground.withApp()
  ground.fake.faults.push({ method: 'PUT', path: APP, meanwhile: () => setLogLevel(id, 'debug') })
  const { outputs, log } = await ground.run({ images: IMAGES })
  expect(outputs.status).toBe('deployed')
  expect(stateOf(id)).toEqual({ level: 'debug', web: NEW })
  expect(log).toContain('it is brought back, with this one over it')
  expect(ground.fake.requests('PUT /v2/apps/{id}')).toHaveLength(2)
})

test('a rotated secret of somebody else in that moment is brought back too, as the cipher that it became', async () => {
  const id = await ground.withApp()
  let cipher = ''
  const meanwhile = () => {
    const app = ground.fake.account.find(id)
    const spec = structuredClone(app.spec)
    spec.services[0].envs[1].value = 'web secret 2'
    ground.fake.account.update(app, spec)
    cipher = app.spec.services[0].envs[1].value
  }
  ground.fake.faults.push({ method: 'PUT', path: APP, meanwhile })
  await ground.run({ images: IMAGES })
  const app = ground.fake.account.find(id)
  expect(app.spec.services[0].envs[1].value).toBe(cipher)
  expect(app.cipher.decrypt(cipher)).toBe('web secret 2')
})

test('a run that was overwritten by somebody who had read before it sends its change again', async () => {
  const id = await ground.withApp()
  const old = structuredClone(ground.fake.account.find(id).spec)
  const meanwhile = () => setLogLevel(id, 'debug', old)
  ground.fake.faults.push({ method: 'GET', path: '/v2/apps/{id}/deployments/{deployment}', skip: 1, meanwhile })
  const { outputs } = await ground.run({ images: IMAGES })
  expect(outputs.status).toBe('deployed')
  expect(stateOf(id)).toEqual({ level: 'debug', web: NEW })
})

test('a newer release that took over is left alone', async () => {
  const id = await ground.withApp()
  const newer = digest('c')
  const meanwhile = () => {
    const app = ground.fake.account.find(id)
    ground.fake.account.update(app, JSON.parse(JSON.stringify(app.spec).replaceAll(NEW, newer)))
  }
  ground.fake.faults.push({ method: 'GET', path: '/v2/apps/{id}/deployments/{deployment}', skip: 1, meanwhile })
  const { code, outputs } = await ground.run({ images: IMAGES })
  expect({ code, status: outputs.status, web: stateOf(id).web }).toEqual({ code: 'DA-APP-SUPERSEDED', status: 'superseded', web: newer })
})

test('two runs at once, a deploy and another spec, in each order of their steps: nothing of either is lost', async () => {
  const id = await ground.withApp()
  ground.files['spec.yaml'] = 'name: shop\nenvs:\n  - key: LOG_LEVEL\n    value: debug\n'
  for (const round of [1, 2, 3, 4, 5, 6]) {
    const release = digest(String(round))
    ground.files['spec.yaml'] = `name: shop\nenvs:\n  - key: LOG_LEVEL\n    value: level-${round}\n`
    const own = { 'when-superseded': 'ok', 'when-busy': round % 2 === 0 ? 'wait' : 'cancel', 'poll-interval': `${round}s` }
    const [deploy, other] = await Promise.all([
      ground.run({ ...own, images: IMAGES.replace(NEW, release) }),
      ground.run({ ...own, spec: 'spec.yaml' }),
    ])
    expect([deploy.code, other.code].filter((code) => code !== undefined && code !== 'DA-APP-SUPERSEDED')).toEqual([])
    await ground.clock.sleep(3_600_000)
    expect(stateOf(id)).toEqual({ level: `level-${round}`, web: release })
    expect(stateOf(id).web).not.toBe(OLD)
  }
})

test('a run that waited for a deploy of the very same release makes no second one', async () => {
  const id = await ground.withApp()
  const app = ground.fake.account.find(id)
  ground.fake.account.update(app, JSON.parse(JSON.stringify(app.spec).replaceAll(OLD, NEW)))
  const { green, outputs } = await ground.run({ images: IMAGES })
  expect({ green, status: outputs.status, made: app.deployments.length }).toEqual({ green: true, status: 'unchanged', made: 2 })
  expect(outputs['deployment-id']).toBe(app.active)
})
