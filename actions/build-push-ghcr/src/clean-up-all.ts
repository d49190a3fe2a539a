import { type Deployments, deploymentsOf } from '@deploy-actions/deployments'
import { imagesOfApps } from '@deploy-actions/digitalocean'
import { octokitApi } from '@deploy-actions/github'
import { type Run, UserError } from '@deploy-actions/kit'
import type { ImageStore } from '@deploy-actions/registry'
import { type CleanupResult, cleanup } from './cleanup.ts'
import { waitForRegistries } from './collect-garbage.ts'
import { type Deployed, deployedLast, withApps } from './deployed.ts'
import type { Docr } from './docr.ts'
import type { BuildInputs } from './inputs.ts'
import { refOf, type Target } from './target.ts'
import { versionSource } from './version-source.ts'

/** An image whose package is cleaned, and what this run built of it. */
export interface Cleaned {
  readonly target: Pick<Target, 'reference'>
  readonly built: readonly string[]
}

/** Cleans each package once. Gives back what went wrong: the others are cleaned all the same. @throws UserError DA-CANCELLED */
export async function cleanUpAll(
  images: readonly Cleaned[],
  store: ImageStore,
  inputs: BuildInputs,
  docr: Docr | undefined,
  world: Run,
): Promise<UserError[]> {
  const { log, clock, signal, env, summary } = world
  const githubApi = env.GITHUB_API_URL ?? 'https://api.github.com'
  const { githubToken, password, digitaloceanToken, apiUrl: digitaloceanApi, cleanupDeployments: count } = inputs
  const access = { githubApi, githubToken, password, digitaloceanApi, digitaloceanToken }
  const deployments = () =>
    deploymentsOf(octokitApi({ token: inputs.githubToken ?? '', url: githubApi, clock, signal }), env.GITHUB_REPOSITORY ?? '')
  const failed: UserError[] = []
  const rows = await log.group('Clean up', async () => {
    const told: string[][] = []
    const deployed = await orFailed(deployedIn(count, deployments, docr), failed)
    if (deployed === undefined) return told
    // What is deleted while it collects may be refused, or be counted as garbage half-way.
    if (inputs.cleanup === 'apply' && docr !== undefined) {
      const quiet = await orFailed(
        waitForRegistries(docr.registries, world).then(() => true),
        failed,
      )
      if (quiet === undefined) return told
    }
    for (const [name, { reference, built }] of packagesOf(images)) {
      const clean = () => {
        const source = versionSource(reference, access, { fetch, clock, signal })
        return cleanup(reference, inputs, built, deployed, { store, source, log, clock })
      }
      const result = await orFailed(Promise.resolve().then(clean), failed)
      if (result !== undefined) told.push(rowOf(name, result, inputs))
    }
    return told
  })
  if (rows.length > 0) summary.heading('Cleanup', 3).table(['image', 'kept', 'not needed', 'deleted'], rows)
  return failed
}

/** Of GitHub's deployments, and of App Platform where the token is for it. */
async function deployedIn(count: number, deployments: () => Deployments, docr: Docr | undefined): Promise<Deployed> {
  const recorded = await deployedLast(count, deployments)
  return docr === undefined ? recorded : withApps(recorded, () => imagesOfApps(docr.apps, count))
}

const rowOf = (name: string, { plan, removed }: CleanupResult, { cleanup: mode }: BuildInputs): string[] => [
  `\`${name}\``,
  String(plan.kept),
  String(plan.remove.length),
  mode === 'apply' ? String(removed) : 'a plan only',
]

/** Variants of an image lie in one package. */
function packagesOf(images: readonly Cleaned[]) {
  const packages = new Map<string, { reference: Target['reference']; built: string[] }>()
  for (const { target, built } of images) {
    const name = refOf(target)
    packages.set(name, { reference: target.reference, built: [...(packages.get(name)?.built ?? []), ...built] })
  }
  return packages
}

async function orFailed<T>(asked: Promise<T>, failed: UserError[]): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'DA-CANCELLED') throw error
    failed.push(error)
    return undefined
  }
}
