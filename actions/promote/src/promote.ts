import type { Deployments, History } from '@deploy-actions/deployments'
import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import type { Registry, RegistryLogin } from '@deploy-actions/registry'
import { registryLogins } from '@deploy-actions/registry'
import { type BuildRecord, parseImageReference, variantOf } from '@deploy-actions/release'
import { type Changes, changesOf, isThere } from './difference.ts'
import type { Doubt } from './doubt.ts'
import { judgeAge, judgeCommit, judgeImages, judgePassed } from './fitness.ts'
import { judgeGate } from './gate.ts'
import type { PromoteInputs } from './inputs.ts'
import { type HostsRequest, judgeHosts } from './on-hosts.ts'
import { judgeOrigin } from './origin.ts'
import { type Promotion, promotionOf } from './promotion.ts'
import { type Running, runningIn } from './records.ts'

/** All that a promotion uses of the world. */
export interface PromotePorts {
  readonly deployments: Deployments
  readonly history: History
  readonly registry: (logins: readonly RegistryLogin[]) => Registry
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface PromoteRequest extends HostsRequest {
  readonly inputs: PromoteInputs
  readonly repository: string
  /** Who started this run. */
  readonly actor: string | undefined
}

export interface PromoteResult {
  readonly status: 'planned' | 'approved' | 'unchanged' | 'refused'
  readonly from: Running
  readonly to: Running | undefined
  readonly promotion: Promotion
  /** As the deploy gets it. */
  readonly build: BuildRecord
  readonly changes: Changes
  /** What speaks against it. */
  readonly doubts: readonly Doubt[]
  /** What would, and is passed over by force. */
  readonly passedOver: readonly Doubt[]
}

/** Finds what `from` runs, judges it, and says what it would change in `to`. Writes nothing. */
export async function promote(request: PromoteRequest, ports: PromotePorts): Promise<PromoteResult> {
  const { inputs, actor } = request
  const { deployments, history, log } = ports
  const { running, build, to } = await log.group('Look', async () => {
    const from = whole(await runningIn(inputs.from, inputs.app, deployments), inputs)
    return { ...from, to: await runningTo(inputs, deployments) }
  })
  const target = variantOf(build, inputs.variant ?? inputs.to)
  const promotion = promotionOf({ ...running, build }, target, to, inputs)
  const all = await log.group('Judge', async () => [
    ...(await judgeOrigin(running, build, inputs, { ...ports, ...request })),
    ...(await judgeHosts(running, build, request, ports)),
    ...judgePassed(running, inputs, ports.clock.now()),
    ...(await judgeCommit(build, inputs, history)),
    ...judgeAge(build, to, inputs),
    ...(await judgeImages(target, ports.registry(loginsFor(build, inputs, actor)))),
    ...(inputs.phase === 'apply' ? await judgeGate(promotion, inputs, actor, history) : []),
  ])
  const passedOver = inputs.force ? all.filter(({ forcible }) => forcible) : []
  const doubts = all.filter((doubt) => !passedOver.includes(doubt))
  const changes = await changesOf(target, running, to, history)
  const status = doubts.length > 0 ? 'refused' : isThere(build, target, to) ? 'unchanged' : inputs.phase === 'plan' ? 'planned' : 'approved'
  return { status, from: running, to, promotion, build: promoted(build, running, request, passedOver), changes, doubts, passedOver }
}

/** What serves where it is to go. @throws UserError DA-PROMOTE-APP where only another app does, and nobody has said that this is right */
async function runningTo({ to, app, toApp }: PromoteInputs, deployments: Deployments): Promise<Running | undefined> {
  const running = await runningIn(to, toApp ?? app, deployments)
  if (running !== undefined || toApp !== undefined || app === undefined) return running
  const other = await runningIn(to, undefined, deployments)
  if (other === undefined) return undefined
  throw new UserError(
    'DA-PROMOTE-APP',
    `${to} has no release of the app ${app}, but of ${other.payload.app}: what it would replace is not known`,
    {
      hint: `If that is what it is called there, give \`to-app: ${other.payload.app}\`. If ${app} is new beside it: \`to-app: ${app}\`.`,
    },
  )
}

/** @throws UserError where there is nothing that could be promoted */
function whole(from: Running | undefined, { from: name, app }: PromoteInputs): { running: Running; build: BuildRecord } {
  if (from === undefined)
    throw new UserError(
      'DA-PROMOTE-NOTHING',
      `no release ${app === undefined ? '' : `of the app ${app} `}in ${name} is recorded at GitHub`,
      {
        hint: `Give the deploy to ${name} the inputs \`token\` and \`environment: ${name}\`, and its job \`deployments: write\`; then deploy there once.`,
      },
    )
  const { build } = from.payload
  if (build === undefined)
    throw new UserError('DA-PROMOTE-NO-BUILD', `${from.payload.release} of ${name} came there without a build record`, {
      hint: 'Give its deploy `build: ${{ needs.build.outputs.build }}` of build-push-ghcr instead of `images`.',
    })
  return { running: from, build }
}

function loginsFor(build: BuildRecord, inputs: PromoteInputs, actor: string | undefined): RegistryLogin[] {
  const registries = Object.values(build.images).map(({ ref }) => parseImageReference(ref).registry)
  return registryLogins(inputs, [...new Set(registries)], actor)
}

/** The record says where it comes from, and the next environment's deployment keeps that. */
function promoted(build: BuildRecord, from: Running, { inputs, actor }: PromoteRequest, passedOver: readonly Doubt[]): BuildRecord {
  const forced = passedOver.length === 0 ? undefined : `${passedOver.map(({ code }) => code).join(', ')}: ${inputs.reason}`
  const { id: deployment, payload } = from
  return {
    ...build,
    promoted: { ...{ from: inputs.from, deployment, release: payload.release, by: actor ?? '' }, ...(forced !== undefined && { forced }) },
  }
}
