import { referenceKey } from '@deploy-actions/digitalocean'
import { type Clock, type Log, messageOf, UserError } from '@deploy-actions/kit'
import type { Contents, ImageStore } from '@deploy-actions/registry'
import { digestAtEnd, type ImageReference, parseBuildRecord } from '@deploy-actions/release'
import { graphOf, reachable, type Version } from './cleanup-graph.ts'
import { type CleanupPlan, type KeepRules, partial, planCleanup } from './cleanup-plan.ts'
import type { Deployed } from './deployed.ts'
import type { BuildInputs } from './inputs.ts'
import type { VersionSource } from './version-source.ts'

export interface CleanupPorts {
  readonly store: Pick<ImageStore, 'manifest' | 'contents'>
  readonly source: VersionSource
  readonly log: Log
  readonly clock: Clock
}

export interface CleanupResult {
  readonly plan: CleanupPlan
  readonly removed: number
}

type Rules = Pick<BuildInputs, 'cleanup' | 'cleanupKeep' | 'cleanupDays' | 'cleanupProtect'>

/** How many manifests are read at the same time. */
const AT_ONCE = 8

/**
 * Removes the manifests of one image that nobody needs, or shows them.
 * @param built digests of this run
 * @param deployed what runs somewhere, or did a short while ago
 * @throws UserError DA-CLEANUP-PARTIAL, DA-CLEANUP-API
 */
export async function cleanup(
  image: ImageReference,
  rules: Rules,
  built: readonly string[],
  deployed: Deployed,
  ports: CleanupPorts,
): Promise<CleanupResult> {
  const { log, clock } = ports
  const name = `${image.registry}/${image.repository}`
  const digests = new Set([...built, ...deployed.digests, ...protectedDigests(rules.cleanupProtect)])
  const tags = deployed.tags?.get(referenceKey(image) ?? '') ?? new Set<string>()
  const keep = { tags, newest: rules.cleanupKeep, after: clock.now() - rules.cleanupDays * 86_400_000, digests, commits: deployed.commits }
  const plan = await planned(image, keep, rules.cleanup === 'apply', ports)
  const verb = rules.cleanup === 'apply' ? 'deleting' : 'would delete'
  log.info(`${name}: ${plan.kept + plan.remove.length} manifests, ${plan.kept} are needed, ${verb} ${plan.remove.length}`)
  for (const { digest, tags } of plan.remove) log.info(`  ${digest} ${tags.join(', ') || '(no tag)'}`)
  return { plan, removed: rules.cleanup === 'apply' ? await apply(plan, ports) : 0 }
}

/** So often it is planned anew, because something was pushed since the list was read. */
const ROUNDS = 3

/**
 * A plan from all that there is. One that is to be carried out is held against a second list: what was pushed since the first one may lead to an old
 * manifest, and a page may have lost an entry while somebody else deleted.
 */
async function planned(image: ImageReference, keep: KeepRules, apply: boolean, ports: CleanupPorts): Promise<CleanupPlan> {
  const contents = new Map<string, Contents>()
  let versions = await ports.source.list()
  for (let round = 1; ; round += 1) {
    await readAll(image, versions, contents, ports)
    const plan = planCleanup(versions, graphOf(versions, contents), keep)
    if (!apply || plan.remove.length === 0) return plan
    const now = await ports.source.list()
    const unknown = now.find(({ digest }) => !plan.graph.has(digest))
    if (unknown === undefined) {
      refuseChanged(plan, now)
      return plan
    }
    if (round === ROUNDS) throw partial(`${unknown.digest} was pushed meanwhile, as others were in ${ROUNDS - 1} rounds before`)
    versions = now
  }
}

/** Whatever got another tag since the plan was made stays, with all that it may lead to. */
function refuseChanged({ remove }: CleanupPlan, versions: readonly Version[]): void {
  const now = new Map(versions.map((version) => [version.digest, version]))
  const changed = remove.find(({ digest, tags }) => now.get(digest)?.tags.join() !== tags.join())
  if (changed !== undefined) throw partial(`the tags of ${changed.digest} changed meanwhile`)
}

/** Every one that was not read yet, or nothing is deleted. */
async function readAll(
  image: ImageReference,
  versions: readonly Version[],
  contents: Map<string, Contents>,
  { store }: CleanupPorts,
): Promise<void> {
  const left = versions.filter(({ digest }) => !contents.has(digest))
  const work = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const address = { registry: image.registry, repository: image.repository, digest: one.digest }
      const manifest = await store.manifest(address).catch((cause: unknown) => {
        throw partial(`${address.digest} cannot be read: ${messageOf(cause)}`)
      })
      if (manifest === undefined) throw partial(`${address.digest} is listed, and the registry does not have it`)
      contents.set(one.digest, store.contents(address, manifest))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Digests, references with one, and build records with all of theirs. */
export function protectedDigests(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const digest = digestAtEnd(line)
    return digest === undefined ? Object.values(parseBuildRecord(line).images).map((image) => image.digest) : [digest]
  })
}

async function apply({ remove, graph }: CleanupPlan, { source, log }: CleanupPorts): Promise<number> {
  let removed = 0
  const refused = new Set<string>()
  const absent = new Set<string>()
  for (const version of remove) {
    // A part of something that stays, stays.
    if (refused.has(version.digest)) continue
    const outcome = await source.remove(version)
    if (outcome.absent) absent.add(version.digest)
    if (outcome.removed) {
      removed += 1
      continue
    }
    for (const digest of reachable(graph, [version.digest])) refused.add(digest)
    log.warning(`${version.digest} (${version.tags.join(', ') || 'no tag'}) was not deleted: ${outcome.why}`, 'Cleanup')
  }
  await refuseStillThere(absent, source)
  return removed
}

/** A registry says "not found" also to whoever may not delete. */
async function refuseStillThere(absent: ReadonlySet<string>, source: VersionSource): Promise<void> {
  if (absent.size === 0) return
  const there = (await source.list()).filter(({ digest }) => absent.has(digest))
  if (there.length === 0) return
  const message = `${there.length} manifests are still there, such as ${there[0]?.digest}: asked to delete them, the registry answered that it does not have them`
  throw new UserError('DA-CLEANUP-API', message, { hint: source.needs })
}
