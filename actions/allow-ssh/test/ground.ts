import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOutputs, createSecrets, createSummary, type UserError } from '@deploy-actions/kit'
import { FakeClock, FakeLog, FakeRunner, inputsOf } from '@deploy-actions/testing'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { WEB } from '../../../lab/digitalocean/firewalls.ts'
import { allowSsh } from '../src/allow-ssh.ts'
import { isEndOfJob } from '../src/end-of-job.ts'
import { inputs as declared } from '../src/inputs.ts'

/** As others see the runner. */
export const RUNNER = '198.51.100.9'

/** A job of the repository acme/shop on a runner of GitHub's. */
export const JOB: Readonly<Record<string, string>> = {
  ...{ GITHUB_ACTIONS: 'true', RUNNER_ENVIRONMENT: 'github-hosted', GITHUB_REPOSITORY: 'acme/shop' },
  ...{ GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '1' },
}

export type Ground = Awaited<ReturnType<typeof openGround>>

/** Two droplets with a firewall that lets everybody in at 80 and 443, and nobody at 22. */
export async function openGround() {
  const clock = new FakeClock()
  const fake = await FakeDigitalOcean.open({ now: () => clock.now() })
  const { infrastructure } = fake
  const web = [infrastructure.addDroplet('web-1', ['web']), infrastructure.addDroplet('web-2', ['web'])]
  const { firewalls } = infrastructure
  const rules = firewalls.create({ name: 'web', ...WEB, tags: ['web'] })
  const gets = (address: string, port = 22) => infrastructure.droplets.map((droplet) => firewalls.admits(droplet, address, port))
  return { clock, fake, infrastructure, firewalls, web, rules, gets }
}

interface Job {
  readonly env?: Readonly<Record<string, string>>
  readonly runner?: FakeRunner
  readonly signal?: AbortSignal
  readonly names?: Readonly<Record<string, string[]>>
}

let jobs = 0

/** One step of a job, and what the runner does when the job is over. */
export async function step({ clock, fake }: Ground, given: Record<string, string> = {}, job: Job = {}) {
  const texts = { host: 'droplet-tag:web', 'digitalocean-token': 'do-token', address: RUNNER, 'api-url': fake.url, ...given }
  const { env = JOB, runner = new FakeRunner(), signal = new AbortController().signal, names = {} } = job
  const secrets = createSecrets(() => undefined)
  const log = new FakeLog()
  const world = {
    machine: 'laptop',
    log,
    clock,
    signal,
    env,
    runner,
    secrets,
    outputs: createOutputs(runner, secrets),
    summary: createSummary(runner, secrets),
  }
  jobs += 1
  const mark = () => jobs.toString(16).padStart(6, '0')
  const resolve = async (name: string) => names[name] ?? Promise.reject(new Error('ENOTFOUND'))
  const end = async () => {
    const last = new FakeLog()
    return { isEnd: await isEndOfJob({ ...world, log: last }, fetch), log: last.text() }
  }
  if (await isEndOfJob(world, fetch)) throw new Error('the step was taken for the end of the job')
  const failure = await allowSsh(inputsOf('allow-ssh', declared, texts), { ...world, fetch, resolve, mark }).then(
    () => undefined,
    (error: UserError) => error,
  )
  const { code, message = '', hint = '' } = failure ?? {}
  return { code, message, hint, failure, log, runner, outputs: Object.fromEntries(runner.outputs), end }
}

/** A service that says from which address it is asked: each answer once, the last one for ever. */
export async function openService(
  ...answers: (string | number)[]
): Promise<{ url: string; asked: () => number; close: () => Promise<void> }> {
  let asked = 0
  const server: Server = createServer((_request, response) => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? 500
    asked += 1
    if (typeof answer === 'number') response.writeHead(answer, { location: '/elsewhere' }).end()
    else response.end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked, close }
}
