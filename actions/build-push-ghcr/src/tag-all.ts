import { type Log, messageOf, UserError } from '@deploy-actions/kit'
import type { ImageStore, StoredManifest } from '@deploy-actions/registry'
import type { ImageReference } from '@deploy-actions/release'
import { refOf, type Target } from './target.ts'

/** An image that has proven itself, and its manifest. */
export interface Proven {
  readonly target: Target
  readonly manifest: StoredManifest
}

interface Step {
  readonly address: ImageReference
  readonly manifest: StoredManifest
  /** What the tag pointed to; undefined: it is new. */
  readonly before: StoredManifest | undefined
}

/**
 * Gives all images all their tags, or none: when one fails, those that moved go back. Tags that stand for one commit come first, those that
 * people follow (`latest`) last.
 *
 * @throws UserError DA-TAG-FAILED naming the tags that could not be taken back
 */
export async function tagAll(images: readonly Proven[], store: ImageStore, log: Log): Promise<void> {
  const wanted = images.flatMap(({ target, manifest }) =>
    target.tags.all.map((tag) => ({ address: { ...target.reference, tag }, manifest, isOfCommit: tag.startsWith('sha-') })),
  )
  const ordered = wanted.toSorted((a, b) => Number(b.isOfCommit) - Number(a.isOfCommit))
  const steps: Step[] = await Promise.all(
    ordered.map(async ({ address, manifest }) => ({ address, manifest, before: await store.manifest(address) })),
  )
  const done: Step[] = []
  try {
    for (const step of steps) {
      done.push(step)
      if (step.before?.digest !== step.manifest.digest) await store.put(step.address, step.manifest)
    }
  } catch (cause) {
    throw tagFailed(cause, done, await takeBack(done, store), log)
  }
  for (const { target, manifest } of images) log.info(`${refOf(target)}: ${target.tags.all.join(', ')} -> ${manifest.digest}`)
}

/** @returns the tags that could not be taken back */
async function takeBack(done: readonly Step[], store: ImageStore): Promise<string[]> {
  const left: string[] = []
  for (const { address, before, manifest } of done.toReversed()) {
    if (before?.digest === manifest.digest) continue
    const back = before === undefined ? store.remove(address) : store.put(address, before).then(() => true)
    // The one that failed may not be there at all.
    const isBack = await back.catch(() => false)
    const now = isBack ? before : await store.manifest(address).catch(() => manifest)
    if (now?.digest === manifest.digest) left.push(`${address.repository}:${address.tag}`)
  }
  return left
}

function tagFailed(cause: unknown, done: readonly Step[], left: readonly string[], log: Log): UserError {
  const failed = done.at(-1)?.address
  const after = left.length === 0 ? 'no tag has moved' : `these tags are on the new images, and could not be taken back: ${left.join(', ')}`
  log.info(`the tag ${failed?.repository}:${failed?.tag} failed; ${after}`)
  return new UserError(
    'DA-TAG-FAILED',
    `${failed?.registry} did not take the tag ${failed?.tag} of ${failed?.repository}: ${messageOf(cause)}; ${after}`,
    {
      hint: `${cause instanceof UserError && cause.hint !== undefined ? `${cause.hint} ` : ''}All images are built and proven: run the job again.`,
      cause,
    },
  )
}
