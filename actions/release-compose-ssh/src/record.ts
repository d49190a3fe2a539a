import { toldOf as toldOfDeploy } from '@deploy-actions/deploy-compose-ssh/part'
import type { Recorder } from '@deploy-actions/deployments'
import { toldOf as toldOfRollback } from '@deploy-actions/rollback/part'
import { record as recordSmoke } from '@deploy-actions/smoke-test/part'
import type { Released } from './parts.ts'
import { smokeRequest } from './report.ts'
import { isOthers } from './words.ts'
import type { ReleaseRequest } from './world.ts'

/** Writes down at GitHub what each part has to say there, in their order. */
export async function record(
  { results: { deploy, smoke, rollback } }: Released,
  request: ReleaseRequest,
  ports: Parameters<typeof smokeRequest>[1],
  recorder: Recorder,
): Promise<void> {
  if (deploy) await recorder.release(toldOfDeploy(deploy, { ...request, inputs: request.deploy }))
  if (smoke) await recordSmoke({ smoke, warm: { did: 'none' } }, smokeRequest(request, ports, undefined, deploy?.release), recorder)
  if (rollback && !isOthers(rollback))
    await recorder.comeBack(toldOfRollback(rollback, { ...request, inputs: { reason: 'the smoke test was red' } }))
}
