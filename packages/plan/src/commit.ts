import type { Exec } from '@deploy-actions/kit'
import type { BuildRecord, WorkflowRun } from '@deploy-actions/release'

/** The commit that a deploy brings and when it was made: of the build record, else of the checked-out repository. Undefined where there is neither. */
export async function commitOf(
  build: BuildRecord | undefined,
  run: WorkflowRun,
  exec: Exec,
): Promise<{ sha: string; committedAt: string | undefined } | undefined> {
  if (build !== undefined) return { sha: build.commit, committedAt: build.committedAt ?? undefined }
  const shown = await exec.run('git', ['show', '--no-patch', '--format=%H %cI', run.commit ?? 'HEAD']).catch(() => undefined)
  const [, sha, committedAt] = /^([0-9a-f]{40}) (\S+)\s*$/.exec(shown?.code === 0 ? shown.stdout : '') ?? []
  if (sha !== undefined) return { sha, committedAt }
  return run.commit === undefined ? undefined : { sha: run.commit, committedAt: undefined }
}
