import { formatDuration, prefixed, UserError } from '@deploy-actions/kit'
import { type ImageStore, suits } from '@deploy-actions/registry'
import { localTagOf, referenceOf } from './build.ts'
import { type Described, describe } from './describe.ts'
import type { BuildInputs } from './inputs.ts'
import { type Machine, notStarted, startsOf, unstartable } from './platform-starts.ts'
import { type Built, refOf } from './target.ts'
import { allBuilt } from './together.ts'
import { type Verified, type VerifyPorts, verify } from './verify.ts'
import type { VerifySpec } from './verify-spec.ts'

export interface Proven {
  /** Undefined: it was not pushed. */
  readonly described: Described | undefined
  /** Undefined: it was not to be started. */
  readonly verified: Verified | undefined
}

interface ProveRequest {
  readonly inputs: Pick<BuildInputs, 'push'>
  readonly machine: Machine
}

type ProvePorts = VerifyPorts & { readonly store: ImageStore }

/** Starts each image for every platform that this machine can start, and reads what it is. @throws UserError DA-START-FAILED, DA-START-PLATFORM */
export async function prove(built: readonly Built[], { inputs, machine }: ProveRequest, ports: ProvePorts): Promise<Proven[]> {
  // What is read of the images does not wait for them to start.
  const [own, described] = await Promise.all([
    allBuilt(built, (one) => startOwn(one, inputs, machine, ports)),
    inputs.push ? allBuilt(built, (one) => describe(one, ports.store, machine.native)) : [],
  ])
  return allBuilt(built, async (one, at) => ({
    described: described[at],
    verified: await startOthers(one, { own: own[at], described: described[at] }, machine, ports),
  }))
}

async function startOwn(one: Built, inputs: ProveRequest['inputs'], machine: Machine, ports: ProvePorts): Promise<Verified | undefined> {
  const { target } = one
  const { verify: spec } = target.wanted
  if (spec === 'off' || !startsOf(target, machine).native) return undefined
  const reference = referenceOf(one, inputs)
  if (inputs.push) await ports.engine.pull(reference)
  return verify(one, { reference }, spec, ports)
}

/** One after the other: emulation takes the processors as it is. */
async function startOthers(
  one: Built,
  { own, described }: { own: Verified | undefined; described: Described | undefined },
  machine: Machine,
  ports: ProvePorts,
): Promise<Verified | undefined> {
  const { target } = one
  const { verify: spec } = target.wanted
  if (spec === 'off') return undefined
  const { emulated, left } = startsOf(target, machine)
  if (emulated.length === 0 && left.length === 0) return own
  const started: [string, Verified][] = own === undefined ? [] : [[machine.native, own]]
  const not = [...left]
  for (const platform of emulated) {
    const verified = await startEmulated(one, { platform, described }, spec, ports)
    if (verified !== undefined) started.push([`${platform}, emulated`, verified])
    else not.push(platform)
  }
  if (started.length === 0) throw unstartable(target.name, emulated, machine.native)
  const surprises = not.filter((platform) => !left.includes(platform))
  if (surprises.length > 0) prefixed(ports.log, target.name).notice(notStarted(surprises, machine.native))
  return together(started, not)
}

/** Undefined: the kernel of this machine does not know such programs; the builder runs elsewhere. */
async function startEmulated(
  one: Built,
  { platform, described }: { platform: string; described: Described | undefined },
  spec: VerifySpec,
  ports: ProvePorts,
): Promise<Verified | undefined> {
  const [, digest] = [...(described?.platforms ?? [])].find(([there]) => suits(there, platform) || suits(platform, there)) ?? []
  const reference = digest === undefined ? localTagOf(one.target) : `${refOf(one.target)}@${digest}`
  if (digest !== undefined) await ports.engine.pull(reference, platform)
  try {
    return await verify(one, { reference, emulated: platform }, spec, ports)
  } catch (error) {
    if (error instanceof UserError && error.code === 'DA-START-FAILED' && /exec format error/.test(error.message)) return undefined
    throw error
  }
}

function together(started: readonly [string, Verified][], left: readonly string[]): Verified {
  const seen = started.map(([platform, { how, ms }]) => `${platform}: ${how} (${formatDuration(ms)})`)
  return {
    how: [...seen, ...(left.length === 0 ? [] : [`not started: ${left.join(', ')}`])].join('; '),
    ms: started.reduce((total, [, { ms }]) => total + ms, 0),
  }
}
