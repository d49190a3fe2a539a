import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DOCR } from '@deploy-actions/digitalocean'
import { octokitApi } from '@deploy-actions/github'
import { type Run, UserError, type Verdict } from '@deploy-actions/kit'
import { createImageStore, type ImageStore } from '@deploy-actions/registry'
import { workflowRun } from '@deploy-actions/release'
import { type BuildPushPorts, type BuildPushRequest, buildPush, type ImageResult } from './build-push.ts'
import { cleanUpAll } from './clean-up-all.ts'
import { collectGarbage, waitForRegistries } from './collect-garbage.ts'
import { commitOf, eventText } from './commit.ts'
import { readDigests, writeDigests } from './digest-files.ts'
import { dockerOf } from './docker.ts'
import { type Docr, docrOf } from './docr.ts'
import { endPrograms } from './end-programs.ts'
import { KEPT, type Made, NOTHING } from './forget.ts'
import type { BuildInputs } from './inputs.ts'
import { LOGIN_INPUTS, loginsOf } from './logins.ts'
import { merge } from './merge.ts'
import { otherRuns } from './other-runs.ts'
import { planLines } from './plan-lines.ts'
import { megabytes, report } from './report.ts'
import { runFacts } from './run-facts.ts'
import { refOf, type Target } from './target.ts'
import { targetsOf } from './targets.ts'
import { makeWorkFolder, storedLogins, workFolderPath } from './work-folder.ts'

/** One step, from its inputs to its summary. */
export async function runStep(inputs: BuildInputs, world: Run): Promise<Verdict> {
  const { env, exec, log, outputs, runner, signal, clock, summary } = world
  for (const value of inputs.secrets.values()) world.secrets.add(value)
  for (const name of inputs.secretEnvs.values()) world.secrets.add(env[name] ?? '')
  const facts = runFacts({ env, event: eventText(env.GITHUB_EVENT_PATH), now: clock.now(), ...(await commitOf(exec, env)) })
  const targets = targetsOf(inputs, facts)
  for (const { wanted } of targets)
    if (wanted.verify !== 'off') for (const value of Object.values(wanted.verify.env)) world.secrets.suspect(value)
  if (inputs.dryRun) {
    outputs.set('status', 'planned')
    summary.heading('📋 Planned: nothing was built').list(planLines(targets, inputs))
    return 'ok'
  }
  const run = workflowRun(env)
  const docr = docrOf(inputs, targets, { clock, signal, fetch })
  if (docr !== undefined && inputs.push && inputs.phase !== 'cleanup') await waitBeforePush(docr, inputs, world)
  const made = docr === undefined || hasPassword(inputs) ? [] : [await docr.login()]
  for (const { password } of made) world.secrets.add(password)
  const logins = loginsOf(inputs, run.actor, storedLogins(env), made)
  const key = `deploy-actions-${randomBytes(6).toString('hex')}`
  const path = workFolderPath(env, key)
  runner.saveState(KEPT, JSON.stringify({ key, folder: path } satisfies Made))
  const work = makeWorkFolder(path, env, logins)
  try {
    const access = { fetch, clock, logins, insecure: inputs.insecureRegistries, loginInputs: LOGIN_INPUTS }
    const store = createImageStore({ ...access, signal })
    const steadyStore = createImageStore(access)
    if (inputs.phase === 'cleanup') return await cleanUpOnly(targets, store, inputs, docr, world)
    const docker = dockerOf({ exec, env, work, signal })
    const steady = dockerOf({ exec, env, work })
    const request = { inputs, targets, facts, key }
    const folder = { path: join(env.GITHUB_WORKSPACE ?? '.', inputs.digests ?? 'digests'), shown: inputs.digests ?? 'digests' }
    const results = await phase(request, folder, { exec, env, docker, steady, work, store, steadyStore, log, clock, signal, fetch })
    const verdict = report(results, request, run, world)
    if (inputs.cleanup !== 'off' && inputs.push && inputs.phase !== 'build') await cleanUpAfter(results, store, inputs, docr, world)
    runner.saveState(KEPT, NOTHING)
    return verdict
  } catch (error) {
    await endPrograms(exec, work.dockerConfig)
    throw error
  } finally {
    work.remove()
  }
}

/** The images are tagged by now: what goes wrong here is a warning, and no reason to call the build bad. */
async function cleanUpAfter(
  results: readonly ImageResult[],
  store: ImageStore,
  inputs: BuildInputs,
  docr: Docr | undefined,
  world: Run,
): Promise<void> {
  const images = results.map(({ target, digest }) => ({ target, built: [digest] }))
  for (const { message, hint, code } of await cleanUpAll(images, store, inputs, docr, world))
    world.log.warning(`${message}\n${hint ?? ''}`, code)
}

/** Cleaning is all that this step is for. @throws UserError when a package could not be cleaned; the others are */
async function cleanUpOnly(
  targets: readonly Target[],
  store: ImageStore,
  inputs: BuildInputs,
  docr: Docr | undefined,
  world: Run,
): Promise<Verdict> {
  const images = targets.map((target) => ({ target, built: [] }))
  const [first, ...others] = await cleanUpAll(images, store, inputs, docr, world)
  for (const { message, code } of others) world.log.error(message, code)
  if (first !== undefined) throw first
  if (inputs.collectGarbage && docr !== undefined) await collectAll(docr, inputs, world)
  world.outputs.set('status', inputs.cleanup === 'apply' ? 'cleaned' : 'planned')
  return 'ok'
}

/** When all packages are clean: every registry once. */
async function collectAll({ registries }: Docr, inputs: BuildInputs, world: Run): Promise<void> {
  const { env, summary, log } = world
  const github = octokitApi({ ...world, token: inputs.githubToken ?? '', url: env.GITHUB_API_URL ?? 'https://api.github.com' })
  const own = { repository: env.GITHUB_REPOSITORY ?? '', run: env.GITHUB_RUN_ID, runner: env.RUNNER_NAME }
  const others = () => otherRuns(github, own)
  for (const registry of registries) {
    const bytes = await collectGarbage(registry, others, inputs.collectTimeout, world)
    log.info(`the registry ${registry.registry} has ${megabytes(bytes)} more room`)
    summary.text(`The garbage collection of \`${registry.registry}\` freed ${megabytes(bytes)}.`)
  }
}

/** A password may be one that can push and look at nothing: then nobody waits. @throws UserError DA-DOCR-COLLECTING */
async function waitBeforePush({ registries }: Docr, inputs: BuildInputs, world: Run): Promise<void> {
  try {
    await waitForRegistries(registries, world)
  } catch (error) {
    const isKnown = error instanceof UserError && ['DA-DOCR-COLLECTING', 'DA-CANCELLED'].includes(error.code)
    if (inputs.digitaloceanToken !== undefined || isKnown || !(error instanceof UserError)) throw error
    world.log.info(`whether the registry collects garbage is not known, because \`password\` may not ask: ${error.message}`)
  }
}

const hasPassword = ({ registry, password }: BuildInputs): boolean => registry === DOCR && password !== undefined

/** Where digests go from one phase to the next. */
interface Folder {
  readonly path: string
  /** As it was written. */
  readonly shown: string
}

async function phase(request: BuildPushRequest, folder: Folder, ports: BuildPushPorts): Promise<ImageResult[]> {
  const { inputs, targets, facts } = request
  const { commit } = facts
  if (inputs.phase === 'merge') {
    const digests = readDigests(folder.path, folder.shown)
    return ports.log.group('Merge', () => merge(targets, digests, commit, ports))
  }
  const results = await buildPush(request, ports)
  if (inputs.phase === 'build') {
    const digests = results.map(({ target, digest, described }) => {
      const [platform = ''] = described?.platforms.keys() ?? []
      return { schema: 1 as const, name: target.name, ref: refOf(target), digest, platform, commit }
    })
    writeDigests(folder.path, digests)
  }
  return results
}
