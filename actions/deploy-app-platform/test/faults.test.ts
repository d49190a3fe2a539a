import { UserError } from '@deploy-actions/kit'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Fault } from '../../../lab/digitalocean/fake.ts'
import type { Script } from '../../../lab/digitalocean/timeline.ts'
import { digest, digestsIn, Ground, IMAGES, NEW, OLD, shop } from './ground.ts'

const PUT = 'PUT /v2/apps/{id}'
const APP = '/v2/apps/{id}'
const DEPLOYMENT = '/v2/apps/{id}/deployments/{deployment}'

let ground: Ground
beforeEach(async () => {
  ground = await Ground.open()
})
afterEach(async () => {
  await ground.fake.close()
  // A run that goes wrong breaks no schema either, and never leaves a cipher as plain text or a secret without its value.
  expect(ground.fake.violations).toEqual([])
  for (const app of ground.fake.account.apps) expect(app.damage).toEqual([])
})

interface Expected {
  readonly status?: string
  readonly code?: string
  readonly green?: boolean
  /** PUTs that the API obeyed. */
  readonly changes?: number
  readonly live?: string
  readonly inputs?: Readonly<Record<string, string>>
}

/** Runs one fault script to its end and looks at everything that has to hold whatever happens. */
async function runFault(faults: readonly Fault[], scripts: readonly Script[], expected: Expected) {
  const id = await ground.withApp()
  const before = ground.app().spec
  ground.fake.faults.push(...faults.map((fault) => ({ ...fault })))
  ground.fake.account.scripts.push(...scripts)
  const run = await ground.run({ images: IMAGES, ...expected.inputs })
  const { status = 'failed', green = false, changes = 1, live = OLD } = expected
  const made = ground.app().deployments.filter(({ action }) => action === 'UPDATE_SPEC').length - 1
  expect({ status: run.outputs.status ?? 'failed', green: run.green, code: run.code, changes: made }).toEqual({
    ...{ status, green, code: expected.code, changes },
  })
  expect(run.errors.length).toBe(green ? 0 : 1)
  const serving = ground.app().deployments.find((one) => one.id === ground.app().active)
  expect(digestsIn(serving?.spec ?? {}).web).toBe(live)
  // Nothing is lost on the way: every leaf but the digests is as it was, ciphers byte for byte.
  expect(JSON.parse(JSON.stringify(ground.fake.account.find(id).spec).replaceAll(NEW, OLD))).toEqual(before)
  return run
}

const deployed: Expected = { status: 'deployed', green: true, live: NEW }

test.each<[string, Partial<Script>, Expected, RegExp]>([
  ['the build fails', { fails: { stage: 'build' } }, { code: 'DA-APP-DEPLOY-FAILED' }, /web \(build, BuildJobExitNonZero/],
  [
    'a container does not get healthy',
    { fails: { stage: 'deploy' } },
    { code: 'DA-APP-DEPLOY-FAILED' },
    /web \(deploy, DeployContainerHealth/,
  ],
  [
    'the worker fails and the web service does not',
    { fails: { stage: 'deploy', component: 'worker', code: 'DeployContainerExitNonZero' } },
    { code: 'DA-APP-DEPLOY-FAILED' },
    /worker \(deploy, DeployContainerExitNonZero/,
  ],
  [
    'the platform goes back by itself',
    { fails: { stage: 'deploy' }, autoRollback: true },
    { status: 'reverted', code: 'DA-APP-DEPLOY-FAILED' },
    /DeployContainerHealthChecksFailed/,
  ],
  ['it hangs in the build', { hangs: 'BUILDING' }, { code: 'DA-APP-TIMEOUT' }, /its phase is BUILDING/],
  ['it hangs while it is deployed', { hangs: 'DEPLOYING' }, { code: 'DA-APP-TIMEOUT' }, /its phase is DEPLOYING/],
])('when %s there is one clear error, and what was live still is', async (_, script, expected, message) => {
  const { errors } = await runFault([], [script], expected)
  expect(errors[0]?.message).toMatch(message)
})

test.each<[string, Partial<Script>]>([
  ['a phase that nobody has heard of', { oddPhase: 'WARMING_UP' }],
  ['a very quick one', { pendingBuild: 0, building: 0, pendingDeploy: 0, deploying: 0 }],
  ['one of twenty minutes', { building: 1200 }],
])('%s is waited out, and the phase alone decides', async (_, script) => {
  await ground.withApp()
  ground.fake.account.scripts.push(script)
  const { green, outputs } = await ground.run({ images: IMAGES })
  // The fake shows the odd phase as it would go over the wire, and its own schema knows it as little as the action does.
  ground.fake.violations.splice(0)
  expect({ green, status: outputs.status }).toEqual({ green: true, status: 'deployed' })
})

test('a job for failed deployments, which stays pending for ever, holds up nothing', async () => {
  const spec = shop()
  spec.jobs.push({ name: 'alarm', kind: 'FAILED_DEPLOY', image: { registry_type: 'DOCR', repository: 'shop', digest: OLD } })
  await ground.withApp(spec)
  expect((await ground.run({ images: IMAGES })).outputs.status).toBe('deployed')
})

test.each([500, 502, 503, 504, 524])('status %i for reading is passing trouble', async (status) => {
  await runFault(
    [
      { method: 'GET', path: '/v2/apps', status, times: 2 },
      { method: 'GET', path: DEPLOYMENT, status, times: 7 },
    ],
    [],
    deployed,
  )
})

test.each<[string, Partial<Fault>]>([
  ['a 500', { status: 500 }],
  ['a 524', { status: 524, body: '<html>a timeout occurred</html>' }],
  ['a connection that is cut', { drop: true }],
  ['an answer that is no JSON', { status: 200, body: '<html>ok</html>' }],
])('behind %s the change was made: it is found, and not sent again', async (_, fault) => {
  const { log } = await runFault([{ method: 'PUT', path: APP, committed: true, ...fault }], [], deployed)
  expect(log).toContain('It was done all the same')
  expect(ground.fake.requests(PUT)).toHaveLength(1)
})

test.each<[string, Partial<Fault>]>([
  ['a 500', { status: 500 }],
  ['a 504', { status: 504 }],
  ['a connection that is cut', { drop: true }],
])('behind %s the change was not made: that is looked up, then it is sent once more', async (_, fault) => {
  const { log } = await runFault([{ method: 'PUT', path: APP, ...fault }], [], deployed)
  expect(log).toContain('It was not done; sending it again')
  expect(ground.fake.requests(PUT)).toHaveLength(2)
})

test('a change that is lost again and again ends with the word that nobody knows', async () => {
  const { code } = await runFault([{ method: 'PUT', path: APP, drop: true, times: 9 }], [], { code: 'DA-DO-UNKNOWN-RESULT', changes: 0 })
  expect({ code, puts: ground.fake.requests(PUT).length }).toEqual({ code: 'DA-DO-UNKNOWN-RESULT', puts: 2 })
})

test('too many requests: the time that the API names is waited, and the change is sent', async () => {
  await runFault([{ method: 'PUT', path: APP, status: 429, headers: { 'retry-after': '7' }, times: 2 }], [], deployed)
  expect(ground.clock.slept).toContainEqual(expect.closeTo(7_125, 0))
})

test('a limit of the hour that is far away ends the run before anything is changed', async () => {
  const headers = { 'ratelimit-remaining': '0', 'ratelimit-reset': String(Math.floor((ground.clock.now() + 9_000_000) / 1000)) }
  const { code } = await runFault([{ method: 'PUT', path: APP, status: 429, headers, times: 9 }], [], {
    code: 'DA-DO-RATE-LIMIT',
    changes: 0,
  })
  expect(code).toBe('DA-DO-RATE-LIMIT')
})

test('the burst limit of a minute is kept to', async () => {
  ground.fake.burst = 4
  await runFault([], [], deployed)
})

test.each([
  [400, 'error validating app spec field "services.web": no such size', 'DA-APP-SPEC-INVALID'],
  [422, 'unprocessable', 'DA-APP-SPEC-INVALID'],
  [409, 'conflict', 'DA-APP-SPEC-INVALID'],
  [401, 'Unable to authenticate you', 'DA-DO-AUTH'],
  [403, 'You are not authorized to perform this operation', 'DA-DO-SCOPE'],
])('status %i for the change is one error with the words of the API', async (status, message, code) => {
  const body = JSON.stringify({ id: 'x', message })
  const { errors } = await runFault([{ method: 'PUT', path: APP, status, body }], [], { code, changes: 0 })
  expect(errors[0]?.message).toContain(message)
})

test('a token without the scope is told which one', async () => {
  await ground.withApp()
  ground.fake.tokens.set('read-only', ['app:read'])
  const { code, errors } = await ground.run({ images: IMAGES, 'digitalocean-token': 'read-only' })
  expect(code).toBe('DA-DO-SCOPE')
  expect(errors[0]?.message).toContain('`app:update`')
  expect((await ground.run({ images: IMAGES, 'digitalocean-token': 'stale-token' })).code).toBe('DA-DO-AUTH')
})

test('an image that is gone from the registry is named as such', async () => {
  ground.fake.account.missingDigests.add(NEW)
  const { failure } = await runFault([], [], { code: 'DA-APP-DEPLOY-FAILED' })
  expect((failure as { hint?: string }).hint).toContain('deleted from the registry')
})

test('a proposal that is refused stops the run before anything is changed', async () => {
  const body = JSON.stringify({ id: 'bad_request', message: 'errors validating app spec; first error in field "x"' })
  await runFault([{ method: 'POST', path: '/v2/apps/propose', status: 400, body }], [], { code: 'DA-APP-SPEC-INVALID', changes: 0 })
})

test('what is known to be said of every encrypted value is no reason to stop', async () => {
  const message = 'error validating app spec: secret env value must not be encrypted before app is created'
  const body = JSON.stringify({ id: 'bad_request', message })
  await runFault([{ method: 'POST', path: '/v2/apps/propose', status: 400, body, times: 2 }], [], deployed)
})

test('the list of deployments, which breaks for apps with many, is not needed', async () => {
  await runFault([{ method: 'GET', path: '/v2/apps/{id}/deployments', status: 524, times: 99 }], [], deployed)
})

test('the log of the failing component is read while it is there, and shown without being obeyed', async () => {
  ground.fake.written.set('web DEPLOY', 'starting\n::error::obey me\nModuleNotFoundError: shop')
  const { log } = await runFault([], [{ fails: { stage: 'deploy', secondsBefore: 30 } }], { code: 'DA-APP-DEPLOY-FAILED' })
  expect(log).toContain('ModuleNotFoundError: shop')
  expect(log).toMatch(/::stop-commands::[\s\S]*::error::obey me/)
  expect(log).not.toContain('signature=')
})

test.each<[string, Fault[]]>([
  ['is gone already', []],
  ['cannot be asked for', [{ method: 'GET', path: `${DEPLOYMENT}/components/{component}/logs`, status: 500, times: 99 }]],
])('a log that %s changes nothing about the result', async (_, faults) => {
  ground.fake.written.set('web', 'words')
  await runFault(faults, [{ fails: { stage: 'deploy', secondsBefore: 0 } }], { code: 'DA-APP-DEPLOY-FAILED' })
})

test('a deployment that somebody else makes meanwhile takes over, and is named', async () => {
  const id = await ground.withApp()
  let other = ''
  const meanwhile = () => {
    other = ground.fake.account.redeploy(ground.fake.account.find(id), 'CREATE_DEPLOYMENT').id
  }
  ground.fake.faults.push({ method: 'GET', path: DEPLOYMENT, skip: 2, meanwhile })
  const { code, outputs, errors } = await ground.run({ images: IMAGES })
  expect({ code, status: outputs.status, by: outputs['superseded-by'] }).toEqual({
    code: 'DA-APP-SUPERSEDED',
    status: 'superseded',
    by: other,
  })
  expect(errors[0]?.message).toContain('The change of this run is in the spec')
  ground.fake.faults.push({ method: 'GET', path: DEPLOYMENT, skip: 2, meanwhile })
  const again = await ground.run({ images: IMAGES.replace(NEW, digest('c')), 'when-superseded': 'ok' })
  expect({ green: again.green, status: again.outputs.status, errors: again.errors }).toEqual({
    green: true,
    status: 'superseded',
    errors: [],
  })
})

test.each<[string, Record<string, string>, string | undefined, string]>([
  ['fail', { 'when-pinned': 'fail' }, 'DA-APP-PINNED', 'failed'],
  ['wait', { 'when-pinned': 'wait', timeout: '2m' }, 'DA-APP-PINNED', 'failed'],
  ['commit', { 'when-pinned': 'commit' }, undefined, 'deployed'],
])('an app that is held by a rollback, when-pinned: %s', async (_, inputs, code, status) => {
  const id = await ground.withApp()
  await ground.run({ images: IMAGES.replace(NEW, digest('d')) })
  const app = ground.fake.account.find(id)
  ground.fake.account.rollback(app, app.deployments[0]?.id ?? '', true)
  await ground.clock.sleep(600_000)
  const run = await ground.run({ images: IMAGES, ...inputs })
  expect({ code: run.code, status: run.outputs.status }).toEqual({ code, status })
})

test.each<[string, string | undefined, string]>([
  ['wait', undefined, 'ACTIVE'],
  ['cancel', undefined, 'CANCELED'],
  ['fail', 'DA-APP-BUSY', 'ACTIVE'],
])('a deployment that is going on, when-busy: %s', async (choice, code, end) => {
  const id = await ground.withApp()
  const other = ground.fake.account.redeploy(ground.fake.account.find(id), 'RESTART')
  const run = await ground.run({ images: IMAGES, 'when-busy': choice })
  expect(run.code).toBe(code)
  await ground.clock.sleep(600_000)
  const phase = ground.fake.account.phaseOf(ground.fake.account.find(id), other).phase
  expect(phase === 'SUPERSEDED' ? 'ACTIVE' : phase).toBe(end)
})

test.each([
  ['leave', 0, true],
  ['cancel', 1, undefined],
])('a deployment that takes too long may serve yet, unless it is ended; on-timeout: %s', async (choice, cancels, unsettled) => {
  const { told } = await runFault([], [{ hangs: 'DEPLOYING' }], { code: 'DA-APP-TIMEOUT', inputs: { 'on-timeout': choice, timeout: '2m' } })
  expect(ground.fake.heard.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(cancels)
  expect([told?.serves, told?.unsettled]).toEqual([false, unsettled])
})

test.each([
  ['leave', 0, true],
  ['cancel', 1, undefined],
])('the deployment of a job that is cancelled may serve yet, unless it is ended; on-cancel: %s', async (choice, cancels, unsettled) => {
  await ground.withApp()
  const stop = new AbortController()
  ground.fake.faults.push({
    method: 'GET',
    path: DEPLOYMENT,
    skip: 1,
    meanwhile: () => stop.abort(new UserError('DA-CANCELLED', 'cancelled')),
  })
  const { code, outputs, told } = await ground.run({ images: IMAGES, 'on-cancel': choice }, {}, stop.signal)
  expect(code).toBe('DA-CANCELLED')
  expect(outputs['deployment-id']).not.toBe('')
  expect(ground.fake.heard.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(cancels)
  expect([told?.serves, told?.unsettled]).toEqual([false, unsettled])
})
