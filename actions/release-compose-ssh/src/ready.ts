import { requestOf } from '@deploy-actions/deploy-compose-ssh/part'
import { UserError } from '@deploy-actions/kit'
import { readSource, refuse } from '@deploy-actions/plan'
import type { WorkflowRun } from '@deploy-actions/release'
import { type Judged, judgedValues } from '@deploy-actions/sync-env/part'
import { writesEnv } from './check.ts'
import type { ReleaseInputs } from './inputs.ts'
import { deployInputs } from './part-inputs.ts'
import { envTarget } from './work.ts'
import type { PartsPorts, ReleaseRequest } from './world.ts'

/** A release of which nobody can say before the hosts are asked that it is wrong. */
export interface Ready {
  readonly request: ReleaseRequest
  /** Undefined where no env file is written. */
  readonly envValues: Judged | undefined
}

/**
 * Reads what the repository and the step give for all parts.
 * @throws UserError with everything that is wrong with it, of whichever part
 */
export async function readyFor(given: ReleaseInputs, run: WorkflowRun, ports: PartsPorts): Promise<Ready> {
  const mistakes: UserError[] = []
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      mistakes.push(error)
      return undefined
    }
  }
  const deploy = deployInputs(given)
  const asked = await attempt(() => requestOf(deploy, run, ports))
  const request = asked && { ...asked, inputs: given, deploy }
  const envValues = writesEnv(given) ? await attempt(() => valuesOf(given, run, ports)) : undefined
  if (asked !== undefined)
    await attempt(async () =>
      refuse((await readSource({ ...deploy, app: asked.app, values: asked.values, workspace: ports.workspace })).refusals),
    )
  if (mistakes.length > 0) throw together(mistakes)
  return { request: request as ReleaseRequest, envValues }
}

function valuesOf(given: ReleaseInputs, run: WorkflowRun, ports: PartsPorts) {
  const target = envTarget({ inputs: given, directory: '/', run } as ReleaseRequest, ports)
  return judgedValues(given, { name: given.path ?? '', judge: target.judge }, ports)
}

/** Its code is the first one's. */
function together(mistakes: readonly UserError[]): UserError {
  const [first, ...others] = mistakes as [UserError, ...UserError[]]
  if (others.length === 0) return first
  const told = mistakes.map(({ code, message, hint }) => `- ${message}${hint === undefined ? '' : `. ${hint}`} (${code})`)
  return new UserError(first.code, `${mistakes.length} things speak against this release; nothing was touched:\n${told.join('\n')}`)
}
