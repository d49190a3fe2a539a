import { Agent, type Candidate } from '@deploy-actions/agent'
import { UserError } from '@deploy-actions/kit'
import { formatImageReference } from '@deploy-actions/release'
import type { DeployResult } from './deploy.ts'
import type { DeployPorts, DeployRequest } from './deploy-request.ts'
import { suppliedOf } from './images.ts'
import { settled, switchTo } from './switch.ts'

/** Goes on with a release that an earlier step prepared: switches to it, or drops it. All that it is made of is on the host, and nothing of it is decided anew. */
export async function goOn(phase: 'switch' | 'abort', request: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
  const { inputs, directory, run } = request
  const { log, signal } = ports
  const remote = await log.group('Connect', () => ports.connect())
  try {
    const mode = inputs.dryRun ? 'plan' : 'candidate'
    const { agent } = await Agent.open(remote, { mode, directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, log, signal })
    await agent.locked()
    const found = await agent.candidate(run.run?.url, inputs.releaseId)
    const images = found.state === 'prepared' ? imagesIn(found) : {}
    const known = { agent, live: found.live, images, ...(found.release !== '' && { release: found.release }) }
    const leave = async (status: 'unchanged' | 'planned'): Promise<DeployResult> => {
      await agent.quit()
      return { ...known, release: found.state === 'prepared' ? found.release : found.live.release, status }
    }
    if (phase === 'abort') {
      if (found.state !== 'prepared') log.notice(`nothing is dropped: ${whatIsThere(found)}`)
      if (found.state !== 'prepared' || inputs.dryRun) return await leave(found.state === 'prepared' ? 'planned' : 'unchanged')
      return { ...known, asAsked: true, ...(await settled(async () => ({ status: await agent.drop() }))) }
    }
    if (found.state === 'live') return await leave('unchanged')
    check(found, images, request)
    if (inputs.dryRun) return await leave('planned')
    const ended = await settled(async () => {
      await log.group('Prepare', () => agent.resume())
      return switchTo(agent, log)
    })
    return { ...known, ...ended }
  } finally {
    remote.close()
  }
}

function imagesIn({ record }: Candidate): Record<string, string> {
  const all = Object.entries((JSON.parse(record).images ?? {}) as Record<string, string>)
  return Object.fromEntries(all.filter(([, image]) => image.includes('@sha256:')))
}

/** @throws UserError when there is nothing that this step may switch to */
function check(found: Candidate, images: Record<string, string>, { inputs }: DeployRequest): void {
  if (found.state === 'none') {
    throw new UserError('DA-CANDIDATE-NONE', `nothing is prepared on ${inputs.host} to switch to: ${whatIsThere(found)}`, {
      hint: 'Run the step with `phase: prepare` again, and the smoke test after it.',
    })
  }
  if (found.state === 'other') {
    throw new UserError('DA-CANDIDATE-OTHER', `what is prepared on ${inputs.host} is not of this run: ${whatIsThere(found)}`, {
      hint: 'To switch to that one all the same, give its id as `release-id`. For one of your own run `phase: prepare` again.',
    })
  }
  for (const { by, name, reference } of suppliedOf(inputs)) {
    const { tag: _tag, ...bare } = reference
    const given = formatImageReference(bare)
    const same = (image: string) => image.split('@')[0] === given.split('@')[0]
    const prepared = Object.entries(images).filter(([service, image]) => (by === 'service' ? service === name : same(image)))
    const other = prepared.find(([, image]) => reference.digest !== undefined && !image.endsWith(`@${reference.digest}`))
    if (other === undefined) continue
    throw new UserError('DA-CANDIDATE-OTHER', `${found.release} was prepared with ${other[1]}, and this step gives ${given}`, {
      hint: 'Give both steps the same `images` or `build`, or none with `phase: switch`: the prepared release has its own.',
    })
  }
}

function whatIsThere({ state, release, by, gone, live }: Candidate): string {
  if (state === 'other') return `${release} is there, prepared by ${by === '' ? 'somebody at a terminal' : by}`
  if (state === 'live') return `${release} is live already`
  const serves = live.release === '' ? 'nothing is live' : `${live.release} serves`
  return gone === '' ? serves : `it was dropped at ${gone}, by another deploy or rollback, by hand or because its time was over; ${serves}`
}
