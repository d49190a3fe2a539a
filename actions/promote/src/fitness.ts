import { type Deployment, type Difference, type History, hasPassed } from '@deploy-actions/deployments'
import { formatDuration, UserError } from '@deploy-actions/kit'
import type { Registry } from '@deploy-actions/registry'
import { type BuildRecord, compareBuilds, parseImageReference } from '@deploy-actions/release'
import type { Doubt } from './doubt.ts'
import type { PromoteInputs } from './inputs.ts'
import type { Running } from './records.ts'

/** Whether it did in `from` what it has to do before it may go on. */
export function judgePassed({ statuses, payload, environment }: Running, { passed, maxAge }: PromoteInputs, now: number): Doubt[] {
  const [newest] = statuses
  const good = newest?.state === 'success' && (passed === 'deploy' || hasPassed(statuses))
  if (!good) {
    const why =
      newest === undefined
        ? 'nothing was said of it'
        : newest.state !== 'success'
          ? `${newest.state}: ${newest.description}`
          : 'no smoke test of it'
    return [
      {
        code: 'DA-PROMOTE-NOT-PASSED',
        message: `${payload.release} has not passed ${environment}: ${why}`,
        hint: 'Let the smoke test of that environment pass, with `token` and `environment` in its step; `passed: deploy` wants no smoke test.',
        forcible: true,
      },
    ]
  }
  const age = now - Date.parse(newest.createdAt)
  if (maxAge === 0 || age <= maxAge) return []
  return [
    {
      code: 'DA-PROMOTE-STALE',
      message: `${payload.release} passed ${environment} ${formatDuration(age)} ago, and \`max-age\` is ${formatDuration(maxAge)}`,
      hint: 'Run the smoke test of that environment again: what it depends on may have changed.',
      forcible: true,
    },
  ]
}

/** Whether its commit is the one that is meant, and part of the branch. */
export async function judgeCommit(build: BuildRecord, { commit, branch }: PromoteInputs, history: History): Promise<Doubt[]> {
  const doubts: Doubt[] = []
  if (commit !== undefined && commit !== build.commit && !(await sameFiles(commit, build.commit, history)))
    doubts.push({
      code: 'DA-PROMOTE-OTHER-COMMIT',
      message: `the release is of commit ${build.commit.slice(0, 7)}, and its files are not those of ${commit.slice(0, 7)}, which is to be promoted`,
      hint: 'Wait until that commit has passed, or leave `commit` out.',
      forcible: false,
    })
  const base = branch ?? (await history.defaultBranch())
  const relation = await relationTo(base, build.commit, history)
  if (!isPart(relation))
    doubts.push({
      code: 'DA-PROMOTE-COMMIT',
      message:
        relation === 'unknown'
          ? `there is no commit ${build.commit}, or no branch ${base}`
          : `commit ${build.commit.slice(0, 7)} is not on ${base}`,
      hint: 'Merge it first. For a hotfix name its branch in `branch`, or use `force` with a reason.',
      forcible: true,
    })
  return doubts
}

/** @param branch undefined: the default branch */
export async function isOnBranch(commit: string, branch: string | undefined, history: History): Promise<boolean> {
  return isPart(await relationTo(branch ?? (await history.defaultBranch()), commit, history))
}

const relationTo = async (base: string, commit: string, history: History) => (await history.compare(base, commit)).relation

const isPart = (relation: Difference['relation']): boolean => relation === 'behind' || relation === 'identical'

async function sameFiles(one: string, other: string, history: History): Promise<boolean> {
  const tree = await history.treeOf(one)
  return tree !== undefined && tree === (await history.treeOf(other))
}

/** Whether production would go back in time. */
export function judgeAge(build: BuildRecord, live: Deployment | undefined, { allowOlder }: PromoteInputs): Doubt[] {
  const there = live?.payload?.build
  if (there === undefined || allowOlder || compareBuilds(build, there) !== 'older') return []
  return [
    {
      code: 'DA-PROMOTE-OLDER',
      message: `commit ${build.commit.slice(0, 7)} of ${build.committedAt} is older than ${there.commit.slice(0, 7)} of ${there.committedAt}, which ${live?.environment} runs`,
      hint: 'To go back there is the action rollback, which knows the environment of then. `allow-older: true` if you mean it.',
      forcible: true,
    },
  ]
}

/** Whether every image is still in its registry, by its digest and for its first platform. */
export async function judgeImages(build: BuildRecord, registry: Registry): Promise<Doubt[]> {
  const found = await Promise.all(
    Object.entries(build.images).map(async ([name, { ref, digest, platforms }]) => {
      try {
        await registry.resolve({ ...parseImageReference(ref), digest }, { platform: platforms[0] as string })
        return []
      } catch (error) {
        if (!(error instanceof UserError) || error.code !== 'DA-REGISTRY-NOT-FOUND') throw error
        return [`${name}: ${ref}@${digest}`]
      }
    }),
  )
  const gone = found.flat()
  if (gone.length === 0) return []
  return [
    {
      code: 'DA-PROMOTE-IMAGE-GONE',
      message: `the registry does not have it any more: ${gone.join('; ')}`,
      hint: 'Build and test that commit again. A clean-up of the registry has to keep what environments run: build-push-ghcr keeps what the last deployments brought there.',
      forcible: false,
    },
  ]
}
