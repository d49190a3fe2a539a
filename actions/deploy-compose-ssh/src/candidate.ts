import {
  afterLosses,
  type Candidate,
  closeAll,
  type OpenHost,
  onEach,
  openHosts,
  type Reached,
  reopen,
  type Turns,
} from '@deploy-actions/agent'
import { UserError } from '@deploy-actions/kit'
import { type DeployPorts, type DeployRequest, suppliedOf } from '@deploy-actions/plan'
import { formatImageReference } from '@deploy-actions/release'
import { candidateEndedAs, type Known } from './after-loss.ts'
import { type Applied, changed } from './applied.ts'
import type { DeployResult, HostResult } from './deploy.ts'
import { leave, sessionOf } from './session.ts'
import { requireDroplets, turnsOf } from './take-out.ts'

/** What a later phase finds on a host. */
interface Found extends Candidate {
  readonly host: OpenHost
  readonly name: string
}

/** Goes on with a release that an earlier step prepared: switches to it, or drops it. All that it is made of is on the hosts, and nothing of it is decided anew. */
export function goOn(phase: 'switch' | 'abort', request: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
  if (phase === 'abort') return attempt(phase, request, ports, {})
  return afterLosses<DeployResult, Known>({
    ...{ hosts: ports.hosts, clock: ports.clock, session: sessionOf(request, ports, 'candidate'), mode: 'candidate' },
    attempt: (reached) => attempt(phase, request, ports, reached),
    ended: candidateEndedAs,
  })
}

async function attempt(
  phase: 'switch' | 'abort',
  request: DeployRequest,
  ports: DeployPorts,
  reached: Reached<Known>,
): Promise<DeployResult> {
  const { inputs, run } = request
  requireDroplets(ports)
  const hosts = await openHosts(ports.hosts, sessionOf(request, ports, 'candidate'))
  try {
    const turns = await turnsOf(hosts, request, ports)
    const all = await onEach(hosts, async (host): Promise<Found> => {
      return { ...(await host.agent.candidate(run.run?.url, inputs.releaseId)), host, name: host.name }
    })
    if (phase === 'switch') await onEach(all, async (found) => check(found, all, request))
    const waiting = all.filter(({ state }) => state === 'prepared')
    const { release, live } = waiting[0] ?? (all[0] as Found)
    const known = { images: waiting[0] === undefined ? {} : imagesIn(waiting[0]), ...(release !== '' && { release }) }
    if (phase === 'abort' && waiting.length === 0) ports.log.notice(`nothing is dropped: ${whatIsThere(all[0] as Found)}`)
    if (waiting.length === 0 || inputs.dryRun) {
      const status = waiting.length === 0 ? 'unchanged' : 'planned'
      await leave(hosts, false)
      return {
        ...known,
        release: waiting.length === 0 ? live.release : release,
        status,
        hosts: all.map((one) => resultOf(one, status, [])),
      }
    }
    reached.known = { ...known, hosts: all.map((one) => resultOf(one, 'failed', [])) }
    const ended = phase === 'abort' ? await drop(waiting) : await switchTo(waiting, turns, request, ports)
    await leave(
      all.filter((one) => !waiting.includes(one)).map(({ host }) => host),
      false,
    )
    return { ...known, ...ended, hosts: all.map((one) => resultOf(one, 'unchanged', ended.hosts)) }
  } finally {
    await closeAll(hosts)
  }
}

function resultOf({ host, name, live }: Found, status: DeployResult['status'], ends: Applied['hosts']): HostResult {
  const end = ends.find((one) => one.host === host)
  return { name, status: end?.status ?? status, live, events: end?.events ?? host.agent.events }
}

async function drop(waiting: readonly Found[]): Promise<Applied & Pick<DeployResult, 'asAsked'>> {
  const hosts = await onEach(waiting, async ({ host }) => ({ host, status: await host.agent.drop(), events: host.agent.events }))
  return { status: 'aborted', asAsked: true, hosts }
}

function switchTo(waiting: readonly Found[], turns: Turns | undefined, request: DeployRequest, ports: DeployPorts): Promise<Applied> {
  const { canary, soak } = request.inputs
  const hosts = waiting.map(({ host }) => host)
  return changed({
    release: waiting[0]?.release ?? '',
    ...{ hosts, single: ports.hosts.length === 1, canary, soakMs: soak, log: ports.log, turns },
    prepare: async (host, then) => {
      // A host that was lost at the very end has dropped it by now, and all that it was made of.
      if (!hosts.includes(host)) throw none(host.name, 'it was dropped when the connection was lost')
      await host.agent.resume(then)
    },
    reopen: (host, decision) => reopen(host, decision, sessionOf(request, ports, 'deploy')),
  })
}

function imagesIn({ record }: Candidate): Record<string, string> {
  const all = Object.entries((JSON.parse(record).images ?? {}) as Record<string, string>)
  return Object.fromEntries(all.filter(([, image]) => image.includes('@sha256:')))
}

/** @throws UserError when there is nothing that this step may switch to */
function check(found: Found, all: readonly Found[], { inputs }: DeployRequest): void {
  const { name: host, state, release } = found
  if (state === 'none') throw none(host, whatIsThere(found))
  if (state === 'other') {
    throw new UserError('DA-CANDIDATE-OTHER', `what is prepared on ${host} is not of this run: ${whatIsThere(found)}`, {
      hint: 'To switch to that one all the same, give its id as `release-id`. For one of your own run `phase: prepare` again.',
    })
  }
  const other = all.find((one) => one.release !== release && (one.state === 'prepared' || one.state === 'live'))
  if (other !== undefined) {
    throw new UserError('DA-CANDIDATE-OTHER', `${release} is prepared on ${host}, and ${other.release} on ${other.name}`, {
      hint: 'All hosts switch to one release: run `phase: prepare` over all of them again.',
    })
  }
  if (state === 'live') return
  const images = imagesIn(found)
  for (const { by, name, reference } of suppliedOf(inputs)) {
    const { tag: _tag, ...bare } = reference
    const given = formatImageReference(bare)
    const same = (image: string) => image.split('@')[0] === given.split('@')[0]
    const prepared = Object.entries(images).filter(([service, image]) => (by === 'service' ? service === name : same(image)))
    const other = prepared.find(([, image]) => reference.digest !== undefined && !image.endsWith(`@${reference.digest}`))
    if (other === undefined) continue
    throw new UserError('DA-CANDIDATE-OTHER', `${release} was prepared with ${other[1]}, and this step gives ${given}`, {
      hint: 'Give both steps the same `images` or `build`, or none with `phase: switch`: the prepared release has its own.',
    })
  }
}

const none = (host: string, why: string): UserError =>
  new UserError('DA-CANDIDATE-NONE', `nothing is prepared on ${host} to switch to: ${why}`, {
    hint: 'Run the step with `phase: prepare` again, and the smoke test after it.',
  })

function whatIsThere({ state, release, by, gone, live }: Candidate): string {
  if (state === 'other') return `${release} is there, prepared by ${by === '' ? 'somebody at a terminal' : by}`
  if (state === 'live') return `${release} is live already`
  const serves = live.release === '' ? 'nothing is live' : `${live.release} serves`
  return gone === '' ? serves : `it was dropped at ${gone}, by another deploy or rollback, by hand or because its time was over; ${serves}`
}
