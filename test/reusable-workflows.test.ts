import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { type FakeImage, FakeRepository, node24, openFakeImage } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { must, run } from '../lab/shell.ts'
import { testWith } from './needs-tool.ts'
import { actionNames, files, read, root } from './repository.ts'

// promote.yml as a consumer calls it, by act, against a GitHub that keeps deployments. Nothing is deployed: each of these runs has to end before a host is asked.

const SHA = 'a'.repeat(40)
const CHECKOUT = /actions\/checkout@([0-9a-f]{40})/.exec(read('.github/workflows/promote.yml'))?.[1]
const CALL = `
on:
  workflow_dispatch:
    inputs:
      confirm: { default: plan }
jobs:
  promote:
    uses: org/deploy-actions/.github/workflows/promote.yml@v1
    with:
      confirm: \${{ inputs.confirm }}
      approvers: ann
    secrets:
      DEPLOY_SSH_KEY: \${{ secrets.DEPLOY_SSH_KEY }}
`

let github: FakeRepository
let image: FakeImage
let folder: string
beforeEach(async () => {
  image = await openFakeImage()
  folder = mkdtempSync(join(tmpdir(), 'deploy-actions-reusable-'))
  github = await FakeRepository.open()
  github.now = Date.now()
  github.push('main', { sha: SHA })
  github.addRun('77', { head_sha: SHA })
  await layOut()
})
afterEach(async () => {
  await github.close()
  await image.close()
  rmSync(folder, { recursive: true, force: true })
})

testWith(
  'act',
  'the plan alone: it shows the difference, and the job behind the gate does not run',
  async () => {
    staged('Smoke test passed: 3 checks')
    const { jobs, outputs } = await called('plan')
    expect([jobs.get('promote/plan') ?? jobs.get('plan'), outputs.get('status')]).toEqual(['success', 'planned'])
    expect([...jobs].filter(([name, result]) => name.includes('production') && result !== 'skipped')).toEqual([])
  },
  'install it with `go install github.com/nektos/act@v0.2.89`',
)

testWith(
  'act',
  'what never passed ends at the plan',
  async () => {
    staged('Deployed')
    const { outputs, log } = await called('plan')
    expect(outputs.get('status')).toBe('refused')
    expect(log).toContain('has not passed staging')
  },
  'install it with `go install github.com/nektos/act@v0.2.89`',
)

testWith(
  'act',
  'a code that nobody was shown ends behind the gate, before any host is asked',
  async () => {
    staged('Smoke test passed: 3 checks')
    const { outputs, log } = await called('12345678')
    expect(outputs.get('status')).toBe('refused')
    expect(log).toContain('"12345678" is not the code of what would be promoted now')
    expect(log).not.toContain('DA-SSH')
  },
  'install it with `go install github.com/nektos/act@v0.2.89`',
)

/** A consumer's repository, and beside it what GitHub would download for `org/deploy-actions@v1`. act knows neither `$/` nor `queue` nor `deployment`. */
async function layOut(): Promise<void> {
  const consumer = join(folder, 'consumer')
  mkdirSync(join(consumer, '.github/workflows'), { recursive: true })
  mkdirSync(join(folder, 'home'))
  writeFileSync(join(consumer, '.github/workflows/promote.yml'), CALL)
  for (const args of [
    ['init', '-q'],
    ['remote', 'add', 'origin', 'https://github.com/acme/shop.git'],
    ['add', '.'],
  ])
    await must('git', args, { cwd: consumer })
  await must('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'commit', '-q', '--no-verify', '-m', 'A caller'], {
    cwd: consumer,
  })
  const published = new RegExp(`^(dist/promote|${actionNames().join('|')})/|^\\.github/workflows/promote\\.yml$`)
  for (const path of files(published)) cpSync(join(root, path), join(folder, 'deploy-actions', path))
  const path = join(folder, 'deploy-actions/.github/workflows/promote.yml')
  const text = readFileSync(path, 'utf8')
    .replaceAll(/uses: \$\/(\S+)/g, 'uses: org/deploy-actions/$1@v1')
    .replaceAll(/^ *(queue: max|deployment: false).*\n/gm, '')
  writeFileSync(path, text)
  standIn('checkout')
  for (const [, name = ''] of text.matchAll(/org\/deploy-actions\/(\S+)@/g))
    if (!actionNames().includes(name)) standIn(`deploy-actions/${name}`)
}

/** act loads every action of a job before it runs the first: those that no run here gets to only have to be there. */
function standIn(name: string): void {
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(
    join(folder, name, 'action.yml'),
    JSON.stringify({ name, description: 'Stands in.', runs: { using: 'composite', steps: [{ run: 'exit 9', shell: 'sh' }] } }),
  )
}

/** What staging runs, and what was said of it. */
function staged(description: string): void {
  const creator = { login: 'github-actions[bot]' }
  const at = new Date(github.now).toISOString()
  const images = { web: { ref: `${image.host}/acme/web`, digest: image.digest, platforms: ['linux/amd64'] } }
  const payload = {
    'deploy-actions': 1,
    release: '20260131T093000Z-aaaaaaa-77.1',
    app: 'shop',
    via: 'deploy',
    serves: true,
    env: [],
    images: {},
  }
  github.deployments.push({
    ...{ id: 1, sha: SHA, ref: SHA, task: 'deploy', environment: 'staging', description: '', creator, created_at: at },
    payload: {
      ...payload,
      build: { schema: 1, commit: SHA, images },
      run: { id: '77', attempt: 1, url: 'https://github.com/acme/shop/actions/runs/77' },
    },
    ...{ production_environment: false, transient_environment: false },
    statuses: [{ state: 'success', description, environment_url: '', log_url: '', creator, created_at: at }],
  })
}

async function called(confirm: string) {
  const secrets = join(folder, 'secrets.yml')
  writeFileSync(secrets, JSON.stringify({ GITHUB_TOKEN: 'ghs_fake', DEPLOY_SSH_KEY: 'no key' }), { mode: 0o600 })
  const clean = ['-i', `HOME=${join(folder, 'home')}`, `PATH=${dirname(node24())}${delimiter}${process.env.PATH}`]
  const offline = ['-P', 'ubuntu-24.04=-self-hosted', '--action-offline-mode', '--no-cache-server', '--rm', '--json', '--actor', 'ann']
  const local = [`org/deploy-actions@v1=${join(folder, 'deploy-actions')}`, `actions/checkout@${CHECKOUT}=${join(folder, 'checkout')}`]
  const ours = ['--action-cache-path', join(folder, 'cache'), ...local.flatMap((one) => ['--local-repository', one])]
  const api = ['--env', `GITHUB_API_URL=${github.url}`, '--secret-file', secrets, '--input', `confirm=${confirm}`]
  const args = [...clean, 'act', 'workflow_dispatch', '-W', '.github/workflows/promote.yml', ...offline, ...ours, ...api]
  const { stdout, stderr } = await run('env', args, { cwd: join(folder, 'consumer'), timeoutMs: 120_000 })
  const lines = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const jobs = new Map<string, string>(lines.filter((line) => line.jobResult).map((line) => [line.jobID, line.jobResult]))
  const outputs = new Map<string, string>(lines.filter((line) => line.command === 'set-output').map((line) => [line.name, line.arg]))
  return { jobs, outputs, log: [...lines.map((line) => line.msg), stderr].join('\n') }
}

test('a job of a reusable workflow that reads secrets or variables names its environment, and no other', () => {
  const texts = files(/^\.github\/workflows\/[^/]+\.yml$/)
    .map(read)
    .filter((text) => text.includes('workflow_call:'))
  const jobs = texts.flatMap((text) => Object.entries(parse(text).jobs as Record<string, { environment?: { name?: string } }>))
  // The address of a chat deploys nothing, so it may be the repository's own.
  const reading = jobs.filter(([, job]) => /\b(secrets|vars)\.(?!NOTIFY_URL\b)/.test(JSON.stringify(job)))
  const own: Record<string, readonly string[]> = { production: ['production', 'to'], ...BEFORE_THE_GATE }
  const strange = reading.filter(
    ([name, job]) => !(own[name] ?? ['environment']).some((input) => job.environment?.name === `\${{ inputs.${input} }}`),
  )
  expect(strange.map(([name, job]) => [name, job.environment])).toEqual([])
  expect(reading.length).toBeGreaterThan(8)
})

/** The environments whose values these jobs may read. */
const BEFORE_THE_GATE = { build: ['staging'], staging: ['staging'], plan: ['staging', 'from'] }

interface Step {
  readonly uses?: string
  readonly if?: string
  readonly with?: Readonly<Record<string, string>>
}

test.each(['pipeline-compose', 'promote', 'rollback', 'backup'])(
  'every job that logs in lets its runner in first, with a token that no other step gets: %s',
  (name) => {
    const text = read(`.github/workflows/${name}.yml`)
    const jobs = Object.values((parse(text) as { jobs: Record<string, { env?: Record<string, string>; steps: Step[] }> }).jobs)
    const loggingIn = jobs.filter(({ steps }) => steps.some((step) => step.with?.['ssh-key'] !== undefined))
    expect(loggingIn.length).toBeGreaterThan(0)
    for (const { env, steps } of loggingIn) {
      const first = steps.findIndex((step) => step.with?.['ssh-key'] !== undefined)
      expect(steps[first - 1]).toEqual({
        uses: '$/allow-ssh',
        if: "env.HAS_FIREWALL == 'true'",
        with: { host: steps[first]?.with?.host, 'digitalocean-token': '${{ secrets.FIREWALL_TOKEN }}' },
      })
      expect(env?.HAS_FIREWALL).toBe("${{ secrets.FIREWALL_TOKEN != '' }}")
    }
    // Besides, each of them asks whether there is one.
    expect(text.match(/secrets\.FIREWALL_TOKEN(?! != '' \}\})/g)).toHaveLength(loggingIn.length)
  },
)
