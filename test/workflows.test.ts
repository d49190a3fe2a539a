import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { files, read } from './repository.ts'

interface Job {
  readonly environment?: { readonly name: string; readonly deployment?: boolean }
  readonly permissions?: Readonly<Record<string, string>>
  readonly concurrency?: { readonly group: string; readonly queue?: string }
  readonly 'timeout-minutes'?: number
  readonly env?: Readonly<Record<string, string>>
  readonly steps: readonly {
    readonly id?: string
    readonly uses?: string
    readonly run?: string
    readonly if?: string
    readonly 'continue-on-error'?: boolean
    readonly with?: Readonly<Record<string, string>>
  }[]
}

const reusable = files(/^\.github\/workflows\/[^/]+\.yml$/).filter((path) => parse(read(path)).on.workflow_call !== undefined)
const workflow = (path: string) => parse(read(path))
const jobsOf = (path: string): [string, Job][] => Object.entries(workflow(path).jobs)

test('there are reusable workflows', () => expect(reusable.length).toBeGreaterThan(3))

test.each(reusable)('%s: every input has a type, a description and a default, or is required', (path) => {
  const inputs = Object.entries<Record<string, unknown>>(workflow(path).on.workflow_call.inputs)
  const bare = inputs.filter(
    ([, { type, description, required, default: given }]) => !type || !description || (!required && given === undefined),
  )
  expect(bare.map(([name]) => name)).toEqual([])
})

test.each(reusable)('%s: no job has a permission that it does not ask for by itself', (path) => {
  expect(workflow(path).permissions).toEqual({})
  const jobs = jobsOf(path).map(([, { permissions = {} }]) => permissions)
  expect(jobs.flatMap((one) => Object.values(one)).filter((level) => level !== 'read' && level !== 'write')).toEqual([])
  const writes = jobs.flatMap((one) => Object.keys(one).filter((name) => one[name] === 'write'))
  expect(writes.filter((name) => name !== 'packages' && name !== 'deployments')).toEqual([])
})

// GitHub gives a job the secrets of its own environment and of no other: so none may be read outside of one. The address of a chat deploys nothing: the
// repository may have it, and a plan, which has no environment, tells that it waits.
test.each(reusable)('%s: secrets and variables are read only by jobs of one environment, each of its own', (path) => {
  const outside = jobsOf(path).filter(
    ([, job]) => job.environment === undefined && /\$\{\{[^}]*\b(secrets|vars)\.(?!NOTIFY_URL\b)/.test(JSON.stringify(job)),
  )
  expect(outside.map(([name]) => name)).toEqual([])
  expect(read(path)).not.toMatch(/secrets: *inherit/)
})

test.each(reusable)('%s: a job of an environment leaves the record to us, waits in a queue, and ends some time', (path) => {
  for (const [, { environment, concurrency, 'timeout-minutes': limit }] of jobsOf(path)) {
    expect(limit).toBeGreaterThan(0)
    if (environment === undefined) continue
    expect(environment.deployment).toBe(false)
    expect(concurrency).toMatchObject({ queue: 'max' })
    expect(Object.keys(concurrency ?? {})).not.toContain('cancel-in-progress')
  }
})

test.each(reusable)('%s: whoever deploys or goes back writes the record, with the environment of its job', (path) => {
  const recorded = jobsOf(path).flatMap(([, { environment, permissions, steps }]) =>
    steps
      .filter(({ uses }) => ['$/deploy-compose-ssh', '$/deploy-app-platform', '$/rollback', '$/smoke-test'].includes(uses ?? ''))
      .map((step) => ({ step, environment, permissions })),
  )
  for (const { step, environment, permissions } of recorded) {
    expect(step.with).toMatchObject({ token: '${{ github.token }}', environment: environment?.name })
    expect(permissions).toMatchObject({ deployments: 'write' })
  }
})

// A backup wants one host that stays the same, and refuses the others. Who changes the firewall has a token of its own.
const FINDS_NO_HOSTS = ['$/backup', '$/allow-ssh']
test.each(reusable)('%s: whoever works on hosts can find them at DigitalOcean, by a secret that nobody has to give', (path) => {
  const onHosts = jobsOf(path).flatMap(([, { steps }]) =>
    steps.filter(({ uses, with: given }) => given?.host && !FINDS_NO_HOSTS.includes(uses ?? '')),
  )
  const lacking = onHosts.filter(({ with: given }) => given?.['digitalocean-token'] !== '${{ secrets.DIGITALOCEAN_TOKEN }}')
  expect(lacking.map(({ id, uses }) => id ?? uses)).toEqual([])
  if (onHosts.length > 0) expect(workflow(path).on.workflow_call.secrets.DIGITALOCEAN_TOKEN).toMatchObject({ required: false })
})

test.each([
  ['203.0.113.7', false, 'true'],
  ['203.0.113.7', true, 'false'],
  ['deploy@droplet-tag:web', false, 'false'],
  ['203.0.113.7\nload-balancer:shop', false, 'false'],
])('DEPLOY_HOST %j with `several-hosts: %s`: the smoke test settles what is warm by itself: %s', (host, several, settles) => {
  const jobs = ['pipeline-compose', 'promote'].flatMap((name) => jobsOf(`.github/workflows/${name}.yml`))
  const testing = jobs.flatMap(([, job]) => job.steps.filter(({ uses }) => uses === '$/smoke-test').map((step) => ({ job, step })))
  expect(testing.length).toBe(3)
  for (const { job, step } of testing) {
    const SEVERAL = evaluated(job.env?.SEVERAL, { inputs: { 'several-hosts': several }, vars: { DEPLOY_HOST: host } })
    expect(evaluated(step.with?.['settle-warm'], { env: { SEVERAL } })).toBe(settles)
  }
})

test.each([
  [false, false, 'false'],
  [false, true, 'false'],
  [true, false, 'false'],
  [true, true, 'true'],
])('a clean-up with `apply: %s` and `collect-garbage: %s`: garbage is collected: %s', (apply, collect, collects) => {
  const { cleanup } = workflow('.github/workflows/cleanup.yml').jobs as Record<string, Job>
  const given = cleanup?.steps.find(({ uses }) => uses === '$/build-push-ghcr')?.with ?? {}
  const contexts = { inputs: { apply, 'collect-garbage': collect }, secrets: { REGISTRY_TOKEN: 'token' } }
  expect(evaluated(given['collect-garbage'], contexts)).toBe(collects)
  expect(evaluated(given['digitalocean-token'], contexts)).toBe(collect ? 'token' : '')
  expect(cleanup?.permissions).toMatchObject({ actions: 'read' })
  const { apply: applies, 'collect-garbage': collecting } = workflow('.github/workflows/cleanup.yml').on.workflow_call.inputs
  expect([applies.default, collecting.default]).toEqual([false, false])
})

/** `${{ … }}` as GitHub evaluates it, as text. */
function evaluated(text = '', contexts: Readonly<Record<string, Readonly<Record<string, string | boolean>>>>): string {
  const { tokens } = new Lexer(text.trim().slice(3, -2)).lex()
  const expression = new Parser(tokens, Object.keys(contexts), []).parse()
  const known = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary
  return new Evaluator(expression, known).evaluate().coerceString()
}

test.each(reusable)('%s: no expression stands in a script', (path) => {
  const scripts = jobsOf(path).flatMap(([, { steps }]) => steps.flatMap(({ run }) => run ?? []))
  expect(scripts.filter((script) => script.includes('${{'))).toEqual([])
})

// With one environment the job `staging` deploys production.
test.each(reusable)('%s: every job that deploys and tests goes back when the test is red', (path) => {
  const deploying = jobsOf(path).filter(([, { steps }]) => steps.some(({ uses }) => /^\$\/deploy-/.test(uses ?? '')))
  const staying = deploying.filter(([, { steps }]) => {
    const used = (name: string) => steps.find(({ uses }) => uses === `$/${name}`)
    const red = / steps\.smoke\.outputs\.rollback-recommended == 'true' /.test(used('rollback')?.if ?? '')
    const deploy = used('deploy-compose-ssh')
    const warm = deploy === undefined || (deploy.with?.['warm-previous'] && used('smoke-test')?.with?.['settle-warm'])
    return !red || !warm
  })
  expect(staying.map(([name]) => name)).toEqual([])
})

test.each(reusable)(
  '%s: a job that deploys, plans, goes back or backs up tells a chat at its end, also when it failed, and never fails by that',
  (path) => {
    const speaking = jobsOf(path).filter(([, { steps }]) =>
      steps.some(({ uses }) => /^\$\/(deploy-.*|promote|rollback|backup)$/.test(uses ?? '')),
    )
    const wrong = speaking.filter(([, { steps }]) => {
      const last = steps.at(-1)
      return last?.uses !== '$/notify' || !last.if?.startsWith('always() && ') || last['continue-on-error'] !== true
    })
    expect(wrong.map(([name]) => name)).toEqual([])
  },
)

test.each(reusable)('%s: migrations have a backup before them, in the store where there is one', (path) => {
  const steps = jobsOf(path).flatMap(([, job]) => job.steps.filter(({ uses }) => uses === '$/run-migrations'))
  const stores = ['s3-bucket', 's3-endpoint', 's3-region', 's3-prefix', 's3-access-key', 's3-secret-key', 'encrypt-to']
  const lacking = steps.flatMap(({ with: given = {} }) => stores.filter((input) => !/ (inputs|env)\./.test(given[input] ?? '')))
  expect(lacking).toEqual([])
  expect(steps.filter(({ with: given }) => given?.backup !== '${{ inputs.migrate-backup }}')).toEqual([])
})

test.each(reusable)('%s: nothing goes back over a release that went live since', (path) => {
  const back = jobsOf(path).flatMap(([, { steps }]) =>
    steps.filter(({ uses, if: when = '' }) => uses === '$/rollback' && /smoke/.test(when)),
  )
  const onHosts = back.filter(({ with: given }) => given?.target === undefined)
  expect(onHosts.filter(({ if: when }) => !/ steps\.smoke\.outputs\.warm == 'none' /.test(when ?? ''))).toEqual([])
})

test.each(reusable)('%s: where production is asked for a branch, the plan and what comes behind the gate ask for the same', (path) => {
  const asked = jobsOf(path).flatMap(([, { steps }]) => steps.filter(({ uses }) => uses === '$/promote').map((step) => step.with?.branch))
  expect(asked.filter((branch) => branch !== '${{ inputs.branch }}')).toEqual([])
})

test('what goes to production was checked in the same job, right before', () => {
  for (const path of ['.github/workflows/pipeline-compose.yml', '.github/workflows/promote.yml']) {
    const { production } = workflow(path).jobs as Record<string, Job>
    const [first, ...others] = production?.steps ?? []
    expect(first).toMatchObject({ uses: '$/promote', with: { phase: 'apply', promotion: '${{ needs.plan.outputs.promotion }}' } })
    const builds = others.flatMap(({ with: given = {} }) => given.build ?? [])
    expect(builds.length).toBeGreaterThan(0)
    expect(builds.filter((build) => build !== '${{ steps.promote.outputs.build }}')).toEqual([])
  }
})

test.each(reusable)('%s: verdict and way back are about the release that the job deployed', (path) => {
  const own = (name: string) => new RegExp(`steps\\.deploy\\.outputs\\.${path.includes('app-platform') ? 'deployment-id' : name}\\b`)
  for (const [, { steps }] of jobsOf(path)) {
    if (!steps.some(({ id }) => id === 'deploy')) continue
    for (const { uses, with: given = {} } of steps) {
      if (uses === '$/smoke-test') expect(given['release-id']).toMatch(own('release-id'))
      if (uses === '$/rollback') expect(given.from).toMatch(own('release-id'))
    }
  }
})
