import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { node24 } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect } from '@jest/globals'
import type { Box, Lab } from '../lab/lab.ts'
import { openStage } from '../lab/scenarios/stage.ts'
import { must, run } from '../lab/shell.ts'
import { testWith } from './needs-tool.ts'
import { actionNames, files, root } from './repository.ts'

/** What act said of one run of a workflow. */
interface WorkflowRun {
  readonly jobs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  /** As a person would have read it; act masks only this part of its log. */
  readonly log: string
}

let lab: Lab
let box: Box
let folder: string

installAct()

beforeEach(async () => {
  ;({ lab, box } = await openStage())
  await box.reset()
  // The lab has no Docker Hub: its Caddy lies on the host under the name that the example takes by default.
  const edge = await box.exec(`docker pull -q ${lab.edgeImage} && docker tag ${lab.edgeImage} caddy:2`)
  expect(edge).toMatchObject({ code: 0 })
  folder = mkdtempSync(join(tmpdir(), 'deploy-actions-act-'))
  await layOut()
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

testWithAct('the quick start, run by act as it stands: two deploys and a rollback that brings image and environment back', async () => {
  const first = await workflow('push', 'deploy.yml', { ...images('v1'), GREETING: 'good morning' })
  expectEnd(first, { deploy: 'success' }, 'deployed')
  expect(await front()).toMatchObject({ version: 'v1', api: { version: 'v1' }, greeting: 'good morning' })

  const second = await workflow('workflow_dispatch', 'deploy.yml', { ...images('v2'), GREETING: 'good evening' })
  expectEnd(second, { deploy: 'success' }, 'deployed')
  expect(await front()).toMatchObject({ version: 'v2', api: { version: 'v2' }, greeting: 'good evening' })

  const back = await workflow('workflow_dispatch', 'rollback.yml', {}, ['--input', 'reason=the evening was not good'])
  expectEnd(back, { rollback: 'success' }, 'rolled-back')
  expect(back.outputs['release-id']).toBe(first.outputs['release-id'])
  expect(await front()).toMatchObject({ version: 'v1', api: { version: 'v1' }, greeting: 'good morning' })
})

testWithAct('a release that stops at its start fails the job, and the first one serves on', async () => {
  await workflow('push', 'deploy.yml', images('v1'))
  const bad = await workflow('push', 'deploy.yml', { ...images('v2'), WEB_IMAGE: lab.image('web', 'exit') })
  expectEnd(bad, { deploy: 'failure' }, 'aborted')
  expect(await front()).toMatchObject({ version: 'v1', api: { version: 'v1' } })
})

function testWithAct(fact: string, work: () => Promise<void>): void {
  testWith('act', fact, work, 'this test installs it where Go and the Go proxy are')
}

/** A failure shows what a person would have read. */
function expectEnd({ jobs, outputs, log }: WorkflowRun, wanted: Record<string, string>, status: string): void {
  const tail = () => log.split('\n').slice(-80).join('\n')
  const asWanted = isDeepStrictEqual(jobs, wanted) && outputs.status === status
  expect({ jobs, status: outputs.status, log: asWanted ? '' : tail() }).toEqual({ jobs: wanted, status, log: '' })
}

/** act comes from the Go proxy, where there is Go; elsewhere the tests above say that they were left out. */
function installAct(): void {
  if (spawnSync('act', ['--version'], { stdio: 'ignore' }).error === undefined) return
  spawnSync('go', ['install', 'github.com/nektos/act@v0.2.89'], {
    stdio: 'ignore',
    env: { ...process.env, GOBIN: join(root, '.cache/bin') },
  })
}

/** A consumer's checkout, and beside it what GitHub would download for `org/deploy-actions@v1`. */
async function layOut(): Promise<void> {
  const consumer = join(folder, 'consumer')
  cpSync(join(root, 'examples/compose-quickstart'), consumer, { recursive: true })
  for (const args of [
    ['init', '-q'],
    ['remote', 'add', 'origin', 'https://github.com/acme/quickstart.git'],
    ['add', '.'],
  ])
    await must('git', args, { cwd: consumer })
  const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
  await must('git', [...author, 'commit', '-q', '--no-verify', '-m', 'The quick start'], { cwd: consumer })
  const published = new RegExp(`^(dist|${actionNames().join('|')})/`)
  for (const path of files(published)) cpSync(join(root, path), join(folder, 'deploy-actions', path))
  mkdirSync(join(folder, 'home'))
}

const images = (tag: string): Record<string, string> => ({ WEB_IMAGE: lab.image('web', tag), API_IMAGE: lab.image('api', tag) })

/** Runs one workflow of the consumer on this machine, with nothing of our environment but the PATH, on which Node 24 comes first. */
async function workflow(event: string, file: string, vars: Record<string, string>, more: string[] = []): Promise<WorkflowRun> {
  const variables = { DEPLOY_HOST: box.address, DEPLOY_KNOWN_HOSTS: box.knownHosts, DB_IMAGE: lab.image('store', 'v1'), ...vars }
  const secrets = writeValues('secrets.yml', { DEPLOY_SSH_KEY: box.privateKey, GITHUB_TOKEN: 'ghs_notoken' })
  const clean = ['-i', `HOME=${join(folder, 'home')}`, `PATH=${dirname(node24())}${delimiter}${process.env.PATH}`]
  const offline = ['-P', 'ubuntu-latest=-self-hosted', '--action-offline-mode', '--no-cache-server', '--rm', '--json']
  const ours = [
    '--action-cache-path',
    join(folder, 'cache'),
    '--local-repository',
    `org/deploy-actions@v1=${join(folder, 'deploy-actions')}`,
  ]
  const values = ['--secret-file', secrets, '--var-file', writeValues('vars.yml', variables)]
  const args = [...clean, 'act', event, '-W', `.github/workflows/${file}`, ...offline, ...ours, ...values, ...more]
  const { stdout, stderr } = await run('env', args, { cwd: join(folder, 'consumer'), timeoutMs: 300_000 })
  return readLog(stdout, stderr)
}

/** A file of values for act. It reads YAML, of which JSON is a part, so that a key keeps its lines. */
function writeValues(name: string, values: Record<string, string>): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(values), { mode: 0o600 })
  return path
}

function readLog(stdout: string, stderr: string): WorkflowRun {
  const lines = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  return {
    jobs: Object.fromEntries(lines.filter((line) => line.jobResult).map((line) => [line.jobID, line.jobResult])),
    outputs: Object.fromEntries(lines.filter((line) => line.command === 'set-output').map((line) => [line.name, line.arg])),
    log: [...lines.map((line) => line.msg), stderr].join('\n'),
  }
}

async function front(): Promise<unknown> {
  const response = await fetch(`http://${box.address}/`)
  return response.json()
}
