import type { Difference, History } from '@deploy-actions/deployments'
import type { BuildRecord } from '@deploy-actions/release'
import { otherDigests } from './origin.ts'
import type { Running } from './records.ts'

/** What the reviewer decides on. */
export interface Changes {
  /** By name of the image, and its variant where it has several: the digest that `to` runs, and the one that it would. */
  readonly images: readonly {
    readonly name: string
    readonly variant: string | undefined
    readonly before: string
    readonly after: string
  }[]
  /** Undefined where `to` runs nothing that is known. */
  readonly commits: Difference | undefined
  /** Files of these commits that look like migrations. */
  readonly migrations: readonly string[]
  /** Names of variables that containers get in `from` and not in `to`, and the other way round. */
  readonly env: { readonly onlyFrom: readonly string[]; readonly onlyTo: readonly string[] }
}

const MIGRATION = /(^|\/)(migrations?|migrate|alembic\/versions|drizzle|db\/versions)\/.+\.(py|sql|ts|js|rb|php|go)$/

/** @param build what of the build `to` gets */
export async function changesOf(build: BuildRecord, from: Running, to: Running | undefined, history: History): Promise<Changes> {
  const before = to?.payload.build
  const commits = before && (await history.compare(before.commit, build.commit))
  const [mine, theirs] = [from.payload.env, to?.payload.env ?? []]
  return {
    images: Object.entries(build.images).map(([name, { digest, variant }]) => {
      const there = before?.images[variant === undefined ? name : `${name}.${variant}`]
      return { name, variant, before: there?.digest ?? '', after: digest }
    }),
    commits,
    migrations: (commits?.files ?? []).filter((path) => MIGRATION.test(path) && !/(^|\/)__init__\.py$/.test(path)),
    env:
      to === undefined
        ? { onlyFrom: [], onlyTo: [] }
        : { onlyFrom: mine.filter((name) => !theirs.includes(name)), onlyTo: theirs.filter((name) => !mine.includes(name)) },
  }
}

/** `to` runs exactly this, and well. @param target what of the build is for `to` */
export function isThere(build: BuildRecord, target: BuildRecord, to: Running | undefined): boolean {
  const there = to?.payload.build
  if (there === undefined || to?.statuses[0]?.state !== 'success' || there.commit !== build.commit) return false
  if (otherDigests(to.payload.images, target).length > 0) return false
  const digests = ({ images }: BuildRecord) =>
    JSON.stringify(
      Object.entries(images)
        .map(([name, { digest }]) => `${name}=${digest}`)
        .sort(),
    )
  return digests(build) === digests(there)
}
