import type { History, RunFacts } from '@deploy-actions/deployments'
import { type BuildRecord, parseImageReference } from '@deploy-actions/release'
import type { Doubt } from './doubt.ts'
import { isOnBranch } from './fitness.ts'
import type { PromoteInputs } from './inputs.ts'
import type { Running } from './records.ts'

/** Whether the record is one that a workflow of this repository wrote, and says the same everywhere. Whoever may write deployments can write one. */
export async function judgeOrigin(
  running: Running,
  build: BuildRecord,
  { creators, workflows, branch }: Pick<PromoteInputs, 'creators' | 'workflows' | 'branch'>,
  { history, repository }: { history: History; repository: string },
): Promise<Doubt[]> {
  const { creator, payload, commit, createdAt, statuses } = running
  const wrong: string[] = []
  const strangers = [creator, ...statuses.filter(({ state }) => state === 'success').map((one) => one.creator)]
  const stranger = strangers.find((login) => !creators.includes(login))
  if (stranger !== undefined) wrong.push(`${stranger} wrote it, and \`creators\` has ${creators.join(', ')}`)
  if (build.commit !== commit) wrong.push(`it is of commit ${short(commit)}, its build of ${short(build.commit)}`)
  wrong.push(...otherDigests(payload.images, build))

  const run = payload.run && (await history.run(payload.run.id))
  if (run === undefined) wrong.push(payload.run === undefined ? 'it names no workflow run' : `there is no workflow run ${payload.run.id}`)
  else wrong.push(...strangeRun(run, repository))
  if (run !== undefined && run.createdAt > createdAt) wrong.push(`it is older than the workflow run ${run.id} that it names`)
  if (run !== undefined && workflows.length > 0 && !workflows.includes(run.workflow))
    wrong.push(`${run.workflow} wrote it, and \`workflows\` has ${workflows.join(', ')}`)
  // A release of another branch may well be deployed by a run of the default branch.
  const isMerged = async (one: string) =>
    (await isOnBranch(one, branch, history)) || (branch !== undefined && (await isOnBranch(one, undefined, history)))
  if (run !== undefined && run.commit !== build.commit && !(await isMerged(run.commit)))
    wrong.push(`it is of ${short(build.commit)}, and workflow run ${run.id} is of ${short(run.commit)}, which is not merged`)
  if (build.run !== undefined) wrong.push(...(await strangeBuildRun(build, run, history, repository)))
  return wrong.length === 0 ? [] : [forged(running, wrong)]
}

function strangeRun({ id, from, event }: RunFacts, repository: string): string[] {
  if (from !== repository) return [`workflow run ${id} is of the code of ${from === '' ? 'a repository that is gone' : from}`]
  return event.startsWith('pull_request') ? [`workflow run ${id} is of a pull request`] : []
}

/** @param writer the run that wrote the record, which has been judged */
async function strangeBuildRun(
  { run, commit }: BuildRecord,
  writer: RunFacts | undefined,
  history: History,
  repository: string,
): Promise<string[]> {
  const id = run?.id ?? ''
  const same = String(writer?.id) === id
  const built = same ? writer : await history.run(id)
  if (built === undefined) return [`there is no workflow run ${id}, which its build names`]
  const other = built.event === 'push' && built.commit !== commit
  return [
    ...(same ? [] : strangeRun(built, repository)),
    ...(other ? [`its build is of ${short(commit)}, workflow run ${id} of ${short(built.commit)}`] : []),
  ]
}

/** Services whose image has the repository of a built one, and another digest. */
export function otherDigests(images: Readonly<Record<string, string>>, build: BuildRecord): string[] {
  const built = Object.values(build.images)
  return Object.entries(images).flatMap(([service, reference]) => {
    const { registry, repository, digest } = parseImageReference(reference)
    const same = built.filter(({ ref }) => ref === `${registry}/${repository}`)
    if (same.length === 0 || same.some((one) => one.digest === digest)) return []
    return [`service ${service} runs ${digest ?? 'no digest'}, its build has ${same.map((one) => one.digest).join(', ')}`]
  })
}

const short = (commit: string): string => commit.slice(0, 7)

const forged = ({ id, environment }: Running, wrong: readonly string[]): Doubt => ({
  code: 'DA-PROMOTE-FORGED',
  message: `deployment ${id} of ${environment} cannot be trusted: ${wrong.join('; ')}`,
  hint: 'Deploy to that environment again by its workflow. Whoever has `deployments: write` can write such a record.',
  forcible: false,
})
