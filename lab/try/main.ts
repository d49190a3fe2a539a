import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { nodeWorkspace } from '@deploy-actions/compose'
import { formatDuration, type Run, runAction, type Verdict } from '@deploy-actions/kit'
import { planTry, type TryPlan, type TryValues, tryFailure, tryInputs } from '@deploy-actions/setup'
import type { Say } from '../images.ts'
import { LabError } from '../shell.ts'
import { TryImages } from './images.ts'
import { Releases } from './releases.ts'
import { openServer, type TryServer } from './server.ts'
import { type Visited, Visits } from './visits.ts'

// `npx . try`: what a repository would do on a server, on one that lives in a container for as long as this runs.

const AUTHORITY = '/data/caddy/pki/authorities/local/root.crt'

/** What the lab says to its own people, with a code that is explained. */
function explained(error: unknown): never {
  throw error instanceof LabError ? tryFailure('DA-TRY-SERVER', 'the server in a container did not do its part', error.message) : error
}

interface Scene {
  readonly plan: TryPlan
  readonly values: TryValues
  readonly directory: string
  readonly server: TryServer
  readonly say: Say
}

async function play({ plan, values, directory, server, say }: Scene, { log, outputs, signal }: Run): Promise<Verdict> {
  const images = new TryImages(server, plan, directory)
  const releases = new Releases(server, plan, directory)
  await images.handOver(say)
  if (values.envFile !== undefined) await releases.giveEnvFiles(values.envFile)
  log.info('\n== First deploy')
  await releases.deploy(await images.build('1', say), signal)
  const visits = new Visits({ port: server.port, host: plan.host, path: plan.path }, await authorityOf(server, plan))
  const url = `https://${plan.host}:${server.port}${plan.path}`
  log.info(
    `\n${url} answers with ${await visits.ask()}, by a certificate that Caddy signed itself: your browser will ask whether you trust it`,
  )
  const second = await images.build('2', say)
  const visited = await visits.during(async () => {
    log.info('\n== Second deploy, while visitors come')
    await releases.deploy(second, signal)
    log.info('\n== Rollback, while visitors come')
    await releases.rollback(signal)
  })
  log.info(`\n${told(visited)}`)
  outputs.set('status', visited.lost === 0 ? 'tried' : 'failed')
  await stay(values, url, log, signal)
  return visited.lost === 0 ? 'ok' : 'failed'
}

const told = ({ sent, lost, reasons }: Visited): string =>
  `${sent} visits during the second deploy and the rollback, ${lost} lost${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`

/** The certificate that signed the app's. */
async function authorityOf(server: TryServer, { app }: TryPlan): Promise<string> {
  const edge = `$(docker ps -q --filter label=com.docker.compose.project=${app}-edge | head -n 1)`
  const { code, stdout, stderr } = await server.exec(`docker exec ${edge} cat ${AUTHORITY}`)
  if (code !== 0) throw tryFailure('DA-TRY-SERVER', 'the edge has no certificate of its own', stderr)
  return stdout
}

/** Until Ctrl-C in a terminal: the end that a person chooses is no failure. */
async function stay({ stay: given }: TryValues, url: string, log: Run['log'], signal: AbortSignal): Promise<void> {
  const ms = given ?? (process.stdin.isTTY === true ? undefined : 0)
  if (ms === 0 || signal.aborted) return
  log.info(`It stays at ${url} ${ms === undefined ? 'until you press Ctrl-C' : `for ${formatDuration(ms)}, or until you press Ctrl-C`}.`)
  await new Promise<void>((resolve) => {
    // A timer also keeps the process alive.
    const timer = setTimeout(resolve, ms ?? 2 ** 31 - 1)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

await runAction(async (world) => {
  const values = world.inputs(tryInputs)
  const directory = path.resolve(values.directory)
  const plan = await planTry(values, nodeWorkspace(directory), path.basename(directory), randomBytes)
  for (const note of plan.notes) world.log.info(`- ${note}`)
  const say: Say = (line) => world.log.info(line)
  const server = await openServer(values.port, say).catch(explained)
  try {
    return await play({ plan, values, directory, server, say }, world)
  } catch (error) {
    // A Ctrl-C in a terminal also reaches the program that was at work, and that is what fails then.
    world.signal.throwIfAborted()
    return explained(error)
  } finally {
    world.log.info('\n== Taking everything away')
    await server.close()
    world.log.info('nothing is left but images that the next try starts with, those that were pulled, and what Docker keeps of builds')
  }
})
