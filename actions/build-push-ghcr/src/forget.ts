import type { Run, Verdict } from '@deploy-actions/kit'
import { removeOwn } from './builder.ts'
import { dockerOf } from './docker.ts'
import { endPrograms } from './end-programs.ts'
import { removeStarted } from './engine.ts'
import { configIn, removeWorkFolder } from './work-folder.ts'

/** Under which the step keeps for `post` what it made: its key and its folder as JSON; `nothing` before that, and when all is removed. */
export const KEPT = 'made'
export const NOTHING = 'nothing'

export interface Made {
  readonly key: string
  readonly folder: string
}

/** Removes what a step that was killed could not remove itself. The login goes first. */
export async function forgetStep({ runner, exec, env, signal }: Pick<Run, 'runner' | 'exec' | 'env' | 'signal'>): Promise<Verdict> {
  const kept = runner.state(KEPT)
  if (kept === NOTHING) return 'ok'
  const { key, folder } = JSON.parse(kept) as Made
  await endPrograms(exec, configIn(folder))
  removeWorkFolder(folder)
  const original = env.DOCKER_CONFIG || `${env.HOME ?? '/root'}/.docker`
  const work = { dockerConfig: original, buildxConfig: env.BUILDX_CONFIG || `${original}/buildx` }
  const docker = dockerOf({ exec, env, signal, work })
  await removeStarted(docker, key).catch(() => undefined)
  await removeOwn(docker, key).catch(() => undefined)
  return 'ok'
}
