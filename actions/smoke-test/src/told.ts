import type { Recorder, ReturnTold, VerdictTold } from '@deploy-actions/deployments'
import { isCritical } from '@deploy-actions/probe'
import type { SmokeTestRequest, SmokeTestResult } from './smoke-test.ts'

/** Writes down at GitHub what was found, and which release serves again where it was bad. */
export async function record(result: SmokeTestResult, request: SmokeTestRequest, recorder: Recorder): Promise<void> {
  await recorder.verdict(verdictOf(result, request))
  const back = returnOf(result, request)
  if (back !== undefined) await recorder.comeBack(back)
}

/** Undefined where no release that serves was judged: a dry run, and a candidate, of which nothing is deployed yet. */
function verdictOf({ smoke }: SmokeTestResult, { inputs }: SmokeTestRequest): VerdictTold | undefined {
  if (smoke === undefined || inputs.candidate !== undefined) return undefined
  const { verdict, results } = smoke
  const red = results.filter(isCritical).filter(({ failure }) => failure !== undefined)
  const words =
    verdict === 'passed' ? `${results.length} checks` : `${verdict}${red.length === 0 ? '' : `, ${red.length} of ${results.length} checks`}`
  return { release: inputs.releaseId, app: inputs.app, passed: verdict === 'passed', words }
}

function returnOf({ warm }: SmokeTestResult, { app }: SmokeTestRequest): ReturnTold | undefined {
  const { release, left = '' } = warm
  if (release === undefined) return undefined
  return {
    ...{ of: release, commit: undefined, state: 'success', serves: true },
    description: `Switched back by a smoke test: ${release}`,
    payload: { release, previous: left, app, target: 'compose-ssh', via: 'rollback', images: {} },
  }
}
