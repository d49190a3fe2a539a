import { UserError } from '@deploy-actions/kit'
import * as v from 'valibot'
import { formatImageReference, parseImageReference } from './image-reference.ts'

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'must be `sha256:` and 64 hex digits'))
const platform = v.pipe(v.string(), v.regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/, 'must be like `linux/amd64`'))

const repository = v.pipe(
  v.string(),
  v.check((text) => isRepository(text), 'must be a registry and a repository without tag and digest, such as `ghcr.io/owner/app`'),
  v.transform((text) => formatImageReference(parseImageReference(text))),
)

const image = v.object({
  ref: repository,
  digest,
  platforms: v.pipe(v.array(platform), v.minLength(1, 'must name at least one platform')),
  tags: v.optional(v.array(v.string())),
  variant: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]*$/, 'must be the name of a variant, such as `staging`'))),
})

const run = v.object({
  id: v.pipe(
    v.union([v.string(), v.number()], 'must be the number of a workflow run'),
    v.transform(String),
    v.regex(/^\d+$/, 'must be the number of a workflow run'),
  ),
  attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
  url: v.pipe(v.string(), v.url()),
})

const promoted = v.object({
  from: v.string(),
  deployment: v.pipe(v.number(), v.integer()),
  release: v.string(),
  by: v.string(),
  forced: v.optional(v.string()),
})

const record = v.object({
  schema: v.literal(1, 'must be 1: a newer build-push-ghcr wrote this record, use the same version of all actions'),
  commit: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'must be the 40 hex digits of a commit')),
  committedAt: v.nullish(v.pipe(v.string(), v.isoTimestamp('must be a time like `2026-01-31T09:30:00Z`')), null),
  created: v.optional(v.pipe(v.string(), v.isoTimestamp('must be a time like `2026-01-31T09:30:00Z`'))),
  repository: v.optional(v.string()),
  run: v.optional(run),
  promoted: v.optional(promoted),
  images: v.pipe(
    v.record(v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'is not a name for an image')), image),
    v.check((images) => Object.keys(images).length > 0, 'must hold at least one image'),
  ),
})

/** One image of a build: `ref` is registry and repository in full, `platforms` are written `os/architecture[/variant]`. */
export type BuiltImage = v.InferOutput<typeof image>

/**
 * What was built, by build-push-ghcr: the images by digest. `committedAt` is an ISO time, or null where nobody knows it. `promoted` is added by `promote`:
 * the environment, deployment and release that it comes from, who did it, and the reason where checks were passed over.
 */
export type BuildRecord = v.InferOutput<typeof record>

/**
 * Reads a build record. Unknown keys are dropped, so that a record can grow.
 *
 * @throws UserError DA-BUILD-INVALID listing every place that is wrong
 */
export function parseBuildRecord(text: string): BuildRecord {
  const result = v.safeParse(record, parseJson(text))
  if (result.success) return result.output
  throw invalid(result.issues.map((issue) => `\`${v.getDotPath(issue) ?? 'build'}\` ${problemOf(issue)}`).join('; '))
}

/**
 * What of a build is for one environment: images without variants, and of the others the one with that name, called as the image is
 * (`web.staging` becomes `web`).
 *
 * @throws UserError DA-BUILD-VARIANT when an image has variants, and none of that name
 */
export function variantOf(build: BuildRecord, variant: string): BuildRecord {
  const all = Object.entries(build.images).map(([name, one]) => ({
    name: one.variant === undefined ? name : name.slice(0, -one.variant.length - 1),
    one,
  }))
  // Environments may have capitals in their names, variants have none.
  const chosen = all.filter(({ one }) => one.variant === undefined || one.variant === variant.toLowerCase())
  const lost = all.find(({ name }) => !chosen.some((kept) => kept.name === name))
  if (lost === undefined) return { ...build, images: Object.fromEntries(chosen.map(({ name, one }) => [name, one])) }
  const there = all.flatMap(({ name, one }) => (name === lost.name && one.variant !== undefined ? [one.variant] : []))
  throw new UserError(
    'DA-BUILD-VARIANT',
    `the build has no variant "${variant}" of the image "${lost.name}"; there are ${there.join(', ')}`,
    {
      hint: 'Build it too (`variants` of that image in build-push-ghcr), or name one that is there.',
    },
  )
}

/** Writes a build record on one line, as the output `build` has it. */
export const formatBuildRecord = (build: BuildRecord): string => JSON.stringify(build)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('it is not JSON')
  }
}

/** Our own words where the schema has them, else what was expected; a missing key is named as such. */
function problemOf(issue: v.BaseIssue<unknown>): string {
  if (issue.received === 'undefined') return 'is missing'
  if (!issue.message.startsWith('Invalid ')) return issue.message
  return `must be ${issue.expected ?? 'valid'}, got ${issue.received}`
}

function isRepository(text: string): boolean {
  try {
    const { tag, digest } = parseImageReference(text)
    return tag === undefined && digest === undefined
  } catch {
    return false
  }
}

function invalid(problems: string): UserError {
  const hint = 'Pass the output `build` of build-push-ghcr unchanged: `build: ${{ needs.<job>.outputs.build }}`.'
  return new UserError('DA-BUILD-INVALID', `the build record cannot be used: ${problems}`, { hint })
}
