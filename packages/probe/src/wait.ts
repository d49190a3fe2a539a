import type { Clock } from '@deploy-actions/kit'
import { type Asking, ask, type Exchange } from './ask.ts'
import type { RequestSpec } from './check.ts'
import { cookieJar } from './cookie-jar.ts'
import { type Failure, Unanswered } from './failure.ts'
import { type Answer, statusFits } from './judge-answer.ts'
import { withoutSecretLooks } from './secret-looks.ts'
import { sourceText, type VersionSource, versionOf } from './version.ts'
import { TookTooLong, withinTime } from './within-time.ts'

export interface WaitRequest {
  readonly url: string
  /** The version that has to answer; `same` means that all nodes have to say the same one; undefined for any. */
  readonly version?: string | undefined
  readonly source: VersionSource
  /** Right answers one after the other, from each node. */
  readonly inARow: number
  readonly intervalMs: number
}

/** How the waiting went at one address of the host. */
export interface NodeWait {
  readonly address?: string | undefined
  readonly ready: boolean
  readonly attempts: number
  /** Wrong answers after the first right one: it comes and goes. */
  readonly relapses: number
  /** What was wrong, and how often. */
  readonly problems: ReadonlyMap<string, number>
  readonly version?: string | undefined
  readonly failure?: Failure
  readonly ms: number
  readonly exchanges: readonly Exchange[]
}

export interface WaitPorts extends Omit<Asking, 'tell'> {
  readonly clock: Clock
  /** Told of each kind of wrong answer when it is met first. */
  readonly notYet: (problem: string, node: string | undefined) => void
}

/** Right answers are counted quickly: they are only to show that it was not luck. */
const COUNTING_MS = 200

/** Waits until every address of the host answers as wanted, or the time is over. Whatever is wrong until then is "not yet". */
export async function waitUntilReady(request: WaitRequest, ports: WaitPorts): Promise<NodeWait[]> {
  const nodes = ports.target.addresses.get(ports.target.base.hostname) ?? [undefined]
  const waits = await Promise.all(nodes.map((node) => waitForNode(request, node, ports)))
  return request.version === 'same' ? waits.map((one) => sameAs(waits[0] as NodeWait, one)) : waits
}

async function waitForNode(request: WaitRequest, node: string | undefined, ports: WaitPorts): Promise<NodeWait> {
  const begun = ports.since()
  const exchanges: Exchange[] = []
  const problems = new Map<string, number>()
  const seen = {
    attempts: 0,
    relapses: 0,
    streak: 0,
    right: 0,
    /** The app behind the address was met: it was right, or it failed by itself. */
    met: false,
    version: undefined as string | undefined,
    failure: undefined as Failure | undefined,
  }
  while (seen.streak < request.inARow) {
    const { failure: found, version } = await look(request, node, { ...ports, tell: (one) => void exchanges.push(one) })
    const failure = found && blamed(found, seen.met)
    if (found === undefined || found.ofTheApp) seen.met = true
    // An attempt that the end of all time cut short says less than those before it.
    if (failure !== undefined && seen.attempts > 0 && ports.left() <= 0) break
    seen.attempts += 1
    if (version !== undefined) seen.version = version
    if (failure) {
      if (seen.right > 0) seen.relapses += 1
      if (!problems.has(failure.message)) ports.notYet(failure.message, node)
      problems.set(failure.message, (problems.get(failure.message) ?? 0) + 1)
    } else seen.right += 1
    seen.failure = failure ?? seen.failure
    seen.streak = failure ? 0 : seen.streak + 1
    if (seen.streak >= request.inARow) break
    const pause = failure ? request.intervalMs : Math.min(request.intervalMs, COUNTING_MS)
    if (ports.left() <= pause) break
    await ports.clock.sleep(pause, ports.signal)
  }
  const ready = seen.streak >= request.inARow
  const { attempts, relapses, version, failure } = seen
  const told = ready ? undefined : notReady(failure, seen, request)
  const ms = ports.since() - begun
  const known = { address: node, ready, attempts, relapses, problems, version, ms, exchanges: exchanges.slice(-30) }
  return { ...known, ...(told && { failure: told }) }
}

function notReady(
  failure: Failure | undefined,
  { right, attempts }: { right: number; attempts: number },
  { inARow }: WaitRequest,
): Failure {
  if (failure === undefined)
    return {
      cause: 'slow',
      message: `all of ${attempts} answers were right, but the time was over before there were ${inARow}`,
      surroundings: true,
    }
  if (right === 0) return failure
  const share = `${right} of ${attempts} answers were right, and never ${inARow} in a row`
  return { ...failure, message: `it comes and goes: ${share}; the last wrong one: ${failure.message}` }
}

/** Before anything of the app was met, what is wrong may as well be the address, or the way to it. */
function blamed({ ofTheApp = false, ...failure }: NonNullable<Look['failure']>, met: boolean): Failure {
  return met || ofTheApp ? failure : { ...failure, surroundings: true }
}

interface Look {
  /** `ofTheApp`: it answers, with an error of its own. A wrong address, a firewall or a redirect to https look otherwise. */
  readonly failure?: Failure & { readonly ofTheApp?: boolean }
  readonly version?: string | undefined
}

async function look(request: WaitRequest, node: string | undefined, ports: Asking): Promise<Look> {
  const spec: RequestSpec = {
    method: 'GET',
    url: request.url,
    query: {},
    headers: { 'cache-control': 'no-cache' },
    follow: 0,
    timeLimitMs: 10_000,
  }
  try {
    const answer = await ask({ request: spec }, { cookies: cookieJar(), variables: new Map(), node }, ports)
    return withinTime(Math.min(spec.timeLimitMs, Math.max(1, ports.left())), () => judgeLook(answer, request))
  } catch (error) {
    if (error instanceof Unanswered) return { failure: error.failure }
    if (error instanceof TookTooLong) return { failure: { cause: 'assertion', message: tooLong(request), surroundings: true } }
    throw error
  }
}

const tooLong = ({ source }: WaitRequest): string =>
  `${sourceText(source)} takes too long on the answer: write it without nested repetition`

function judgeLook(answer: Answer, { version: wanted, source }: WaitRequest): Look {
  const { status } = answer.http
  const version = versionOf(answer, source)
  if (!statusFits(status, ['2xx'])) {
    const to = answer.header('location')
    return {
      version,
      failure: {
        cause: 'unhealthy',
        message: `the status is ${status}${to === undefined ? '' : ` and leads to ${withoutSecretLooks(to)}`}, not 2xx`,
        ofTheApp: status >= 500,
      },
    }
  }
  if (wanted === undefined) return { version }
  if (version === undefined)
    return { failure: { cause: 'not-rolled-out', message: `the answer does not say its version (${sourceText(source)})` } }
  if (wanted === 'same' || version === wanted) return { version }
  return { version, failure: { cause: 'not-rolled-out', message: `version ${version} answers, not ${wanted}` } }
}

function sameAs(first: NodeWait, one: NodeWait): NodeWait {
  if (!one.ready || one.version === first.version) return one
  const message = `${one.address} has version ${one.version}, and ${first.address} has ${first.version}`
  return { ...one, ready: false, failure: { cause: 'not-rolled-out', message } }
}
