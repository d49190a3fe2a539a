import { createSecrets, systemClock } from '@deploy-actions/kit'
import { FakeLog, FakeSentry } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createRecorder, deploymentProblems, type ReleaseTold, sentryInputs } from '../src/index.ts'

const A = 'a'.repeat(40)
const RELEASE = '20260130T093000Z-aaaaaaa-76.1'

let sentry: FakeSentry
let log: FakeLog
beforeEach(async () => {
  sentry = await FakeSentry.open()
  log = new FakeLog()
})
afterEach(() => sentry.close())

function recorder({
  environment = 'production',
  repository = 'acme/shop',
  projects = ['shop-web', 'shop-api'],
  token = 'sntrys_fake',
  limit = 10_000,
} = {}) {
  const url = 'https://github.com/acme/shop/actions/runs/76'
  const workflow = { run: { id: '76', attempt: 1, url }, who: url, repository, commit: A, actor: 'ann' }
  const values = { token: undefined, environment, environmentUrl: undefined, sentryUrl: sentry.url, sentryAuthToken: token }
  const given = { ...values, sentryProjects: { organization: 'acme', projects } }
  return createRecorder(given, workflow, { log, secrets: createSecrets(), clock: systemClock, env: {} }, limit)
}

const deployed = (changes: Partial<ReleaseTold> = {}): ReleaseTold => ({
  ...{ commit: A, state: 'success', serves: true, description: 'Deployed' },
  payload: { release: RELEASE, previous: '', app: 'shop', target: 'compose-ssh', via: 'deploy', images: {}, env: [] },
  ...changes,
})

test('a release that serves is told with its projects, its commit and its environment', async () => {
  await recorder().release(deployed())
  expect(sentry.releases.get(A)).toMatchObject({
    projects: ['shop-web', 'shop-api'],
    refs: [{ repository: 'acme/shop', commit: A }],
    deploys: [{ environment: 'production', name: RELEASE, url: 'https://github.com/acme/shop/actions/runs/76' }],
  })
  expect(log.text()).toContain(`Release ${RELEASE} is told to Sentry as ${A} in production`)
})

test('the same release in another environment is a deploy more, and no release', async () => {
  await recorder({ environment: 'staging' }).release(deployed())
  await recorder().release(deployed())
  expect(sentry.deploys).toEqual([`staging ${A}`, `production ${A}`])
})

test('a rollback tells that the release before serves again', async () => {
  const { images: _images, env: _env, ...payload } = deployed().payload
  await recorder().comeBack({ ...deployed(), of: RELEASE, payload: { ...payload, images: {}, via: 'rollback' } })
  expect(sentry.deploys).toEqual([`production ${A}`])
})

test.each<[string, Partial<ReleaseTold>]>([
  ['was reverted', { state: 'failure', serves: false }],
  ['serves and is not well', { state: 'failure' }],
  ['served already', { unchanged: true }],
  ['has a commit that nobody knows', { commit: undefined }],
])('one that %s is not told', async (_what, changes) => {
  await recorder().release(deployed(changes))
  expect(sentry.asked).toEqual([])
})

test('a repository that Sentry does not know costs the commits, not the release', async () => {
  await recorder({ repository: 'acme/new' }).release(deployed())
  expect(sentry.deploys).toEqual([`production ${A}`])
  expect(log.text()).toContain('without its commits: connect acme/new')
})

test.each([
  ['another token', { token: 'sntrys_other' }, '401 to the release: the token is not valid there'],
  ['a project that is not there', { projects: ['blog'] }, '400 to the release: {"projects":["Invalid project slugs"]}'],
  ['an environment with a name that is too long for it', { environment: 'e'.repeat(70) }, '400 to the deploy'],
])('%s is a warning, and no more', async (_what, given, words) => {
  await recorder(given).release(deployed())
  expect(log.entries).toContainEqual(expect.objectContaining({ title: 'DA-SENTRY', message: expect.stringContaining(words) }))
})

test('a Sentry that does not answer holds nobody up', async () => {
  sentry.faults.push('hang')
  await recorder({ limit: 50 }).release(deployed())
  expect(log.text()).toContain('could not be told to Sentry: no answer within 0.05 s')
})

test.each([
  ['acme', 'has "acme", which is no organization/project'],
  ['Acme/Shop', 'has "Acme/Shop"'],
  ['acme/web umbrella/api', 'has 2 organizations'],
])('projects "%s" are refused', (raw, words) => {
  expect(() => sentryInputs['sentry-projects'].read(raw)).toThrow(words)
})

test.each(['http://sentry.example.com', 'https://sentry.example.com/organizations/acme', 'sentry.io'])(
  'the address %s is refused',
  (raw) => {
    expect(() => sentryInputs['sentry-url'].read(raw)).toThrow('must be an https address without a path')
  },
)

test('each of the inputs needs the others, and an environment', () => {
  const none = {
    token: undefined,
    environment: undefined,
    environmentUrl: undefined,
    sentryProjects: undefined,
    sentryAuthToken: undefined,
    sentryUrl: undefined,
  }
  const projects = { organization: 'acme', projects: ['shop-web'] }
  const inputsOf = (given: Parameters<typeof deploymentProblems>[0]) => deploymentProblems({ ...none, ...given }).map(({ input }) => input)
  expect(inputsOf({})).toEqual([])
  expect(inputsOf({ sentryProjects: projects })).toEqual(['sentry-auth-token', 'environment'])
  expect(inputsOf({ sentryAuthToken: 't', sentryUrl: 'https://de.sentry.io' })).toEqual(['sentry-auth-token'])
  expect(inputsOf({ sentryProjects: projects, sentryAuthToken: 't', token: 'g' })).toEqual(['environment'])
})
