import { type Log, UserError } from '@deploy-actions/kit'
import { digestOf, type ImageStore, type StoredManifest } from '@deploy-actions/registry'
import type { ImageResult } from './build-push.ts'
import { describe } from './describe.ts'
import type { PlatformDigest } from './digest-files.ts'
import { tagAll } from './tag-all.ts'
import { refOf, type Target } from './target.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'

export interface MergePorts {
  readonly store: ImageStore
  readonly steadyStore: ImageStore
  readonly log: Log
}

/** Puts what the jobs of a matrix built together as one index for each image, then tags all or none. @throws UserError DA-DIGESTS */
export async function merge(
  targets: readonly Target[],
  digests: readonly PlatformDigest[],
  commit: string,
  { store, steadyStore, log }: MergePorts,
): Promise<ImageResult[]> {
  refuseStrange(targets, digests, commit)
  const results = await Promise.all(
    targets.map(async (target): Promise<ImageResult> => {
      const own = digests.filter(({ name }) => name === target.name).toSorted((a, b) => (a.platform < b.platform ? -1 : 1))
      const index = await indexOf(target, own, store)
      await store.put({ ...target.reference, digest: index.digest }, index)
      log.info(`${refOf(target)}: ${own.map(({ platform }) => platform).join(', ')} -> ${index.digest}`)
      const described = await describe({ target, digest: index.digest }, store, own[0]?.platform ?? '')
      const verified = target.wanted.verify === 'off' ? undefined : { how: 'on the runner of each platform', ms: 0 }
      return { target, digest: index.digest, metadata: {}, steps: 0, cached: 0, slowest: [], ms: 0, described, verified }
    }),
  )
  await tagAll(
    results.map(({ target, described }) => ({ target, manifest: described?.manifest as StoredManifest })),
    steadyStore,
    log,
  )
  return results
}

function refuseStrange(targets: readonly Target[], digests: readonly PlatformDigest[], commit: string): void {
  const problems = [
    ...targets.filter(({ name }) => !digests.some((one) => one.name === name)).map(({ name }) => `nothing was built of "${name}"`),
    ...digests
      .filter((one) => !targets.some(({ name }) => name === one.name))
      .map(({ name }) => `"${name}" was built, and is not asked for here`),
    ...digests
      .filter((one) => one.commit !== commit)
      .map(
        ({ name, platform, commit: other }) =>
          `"${name}" for ${platform} was built from the commit ${other.slice(0, 7)}, and this is ${commit.slice(0, 7)}`,
      ),
    ...digests
      .filter((one) => targets.some((target) => target.name === one.name && refOf(target) !== one.ref))
      .map(({ name, ref }) => `"${name}" was pushed as ${ref}, which is another name than here`),
    ...digests
      .filter((one, at) => digests.findIndex(({ name, platform }) => name === one.name && platform === one.platform) !== at)
      .map(({ name, platform }) => `"${name}" was built for ${platform} twice`),
  ]
  if (problems.length === 0) return
  throw new UserError('DA-DIGESTS', `the digests do not fit together: ${[...new Set(problems)].join('; ')}`, {
    hint: 'Give `phase: merge` the same inputs as `phase: build`, and the digests of this run alone. A job of the matrix that failed leaves none.',
  })
}

/** The same input gives the same bytes. Attestations of each platform come along: BuildKit puts them beside the image. */
async function indexOf(target: Target, digests: readonly PlatformDigest[], store: ImageStore): Promise<StoredManifest> {
  const parts = await Promise.all(digests.map((one) => entriesOf(target, one, store)))
  const manifests = parts.flat().toSorted((a, b) => Number('annotations' in a) - Number('annotations' in b))
  const body = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests, annotations: Object.fromEntries(target.annotations) }),
  )
  return { digest: digestOf(body), mediaType: INDEX, body }
}

async function entriesOf(
  { reference, name }: Target,
  { digest, platform }: PlatformDigest,
  store: ImageStore,
): Promise<Record<string, unknown>[]> {
  const manifest = await store.manifest({ ...reference, digest })
  if (manifest === undefined)
    throw new UserError('DA-REGISTRY-NOT-FOUND', `the image "${name}" for ${platform} (${digest}) is not in the registry any more`, {
      hint: 'Run all jobs of the matrix again.',
    })
  const { kind, children } = store.contents(reference, manifest)
  if (kind === 'index') return children.map(({ descriptor }) => ({ ...descriptor }))
  const [os, architecture, variant] = platform.split('/')
  return [
    {
      mediaType: manifest.mediaType,
      digest,
      size: manifest.body.length,
      platform: { architecture, os, ...(variant !== undefined && { variant }) },
    },
  ]
}
