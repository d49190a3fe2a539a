import type { Remote } from '@deploy-actions/hosts'
import { type Clock, formatDuration, type Log, type Secrets } from '@deploy-actions/kit'
import { type CheckResult, type Flow, type HttpClient, isUnsteady, type NodeWait, type SmokeResult, smoke } from '@deploy-actions/probe'
import type { SmokeInputs } from './inputs.ts'
import { settleWarm, type Warm } from './settle-warm.ts'

/** All that a smoke test uses of the world. */
export interface SmokeTestPorts {
  readonly http: HttpClient
  readonly connect: () => Promise<Remote>
  readonly clock: Clock
  readonly log: Log
  readonly secrets: Pick<Secrets, 'add' | 'redactForeign'>
  readonly signal: AbortSignal
}

export interface SmokeTestRequest {
  readonly inputs: SmokeInputs
  readonly flows: readonly Flow[]
  /** The file of the checks, where they come from one. */
  readonly file?: string | undefined
  readonly variables: ReadonlyMap<string, unknown>
  readonly app: string
  readonly directory: string
  readonly who: string
}

export interface SmokeTestResult {
  /** Undefined for a dry run. */
  readonly smoke: SmokeResult | undefined
  readonly warm: Warm
}

/** Waits, checks, and lets the verdict decide on what was kept warm. */
export async function smokeTest(request: SmokeTestRequest, ports: SmokeTestPorts): Promise<SmokeTestResult> {
  const { inputs, flows } = request
  const { log } = ports
  if (inputs.dryRun) {
    for (const line of planLines(request)) log.info(line)
    return { smoke: undefined, warm: { did: 'none' } }
  }
  const result = await log.group('Ask', () => log.progress('asking', () => ask(request, ports))).finally(() => ports.http.close())
  const { settleWarm: wanted, releaseId, lockTimeout } = inputs
  if (!wanted) return { smoke: result, warm: { did: 'none' } }
  const { directory, who } = request
  const warm = await log.group('Settle what is warm', () =>
    settleWarm(result, { directory, who, releaseId, lockTimeoutMs: lockTimeout }, ports),
  )
  if (flows.length === 0 && result.verdict === 'passed')
    log.notice('no `checks` were given: the verdict knows only that the address answers')
  return { smoke: result, warm }
}

function ask({ inputs, flows, variables }: SmokeTestRequest, { http, clock, log, secrets, signal }: SmokeTestPorts): Promise<SmokeResult> {
  const { url, expectVersion, versionFrom, inARow, interval, timeout, candidate, resolve, tlsMinDays, tlsWarnDays } = inputs
  const target = { base: url, headers: candidate === undefined ? {} : { [candidate.name]: candidate.value }, addresses: resolve }
  log.info(`waiting for ${url.href}${expectVersion === undefined ? '' : `, version ${expectVersion}`}`)
  return smoke(
    {
      target,
      flows,
      live: candidate === undefined,
      variables,
      wait: { url: url.href, version: expectVersion, source: versionFrom, inARow, intervalMs: interval },
      timeoutMs: timeout,
      certificateDays: { failDays: tlsMinDays, warnDays: tlsWarnDays },
    },
    {
      ...{ http, clock, signal },
      secret: (value) => secrets.add(value),
      redact: (text) => secrets.redactForeign(text),
      notYet: (problem, node) => log.info(`not yet${node === undefined ? '' : ` (${node})`}: ${log.foreign(problem)}`),
      waited: (waits) => {
        for (const wait of waits) log.info(waitLine(wait))
      },
      done: (result) => tell(result, log),
    },
  )
}

const MARKS = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip', 'not-run': 'not run' } as const

function tell(result: CheckResult, log: Log): void {
  const { state, severity, flow, name, failure, why, ms, attempts, failedAttempts, figures, exchanges } = result
  const mark = state === 'failed' && severity === 'warn' ? 'warn' : MARKS[state]
  const wrong = state === 'passed' && failedAttempts.length > 0 ? `, ${failedAttempts.length} of them wrong` : ''
  const often = attempts > 1 ? `, asked ${attempts} times${wrong}` : ''
  const said = failure?.message ?? why
  log.info(
    log.foreign(
      `${mark}  ${flow === '' ? '' : `${flow}: `}${name}  (${formatDuration(ms)}${often})${said === undefined ? '' : `: ${said}`}`,
    ),
  )
  const again = exchanges.filter((one) => one.again).length
  if (again > 0) log.info(`      ${again === 1 ? 'once' : `${again} times`} the server closed a kept connection, and a new one was taken`)
  if (figures)
    log.info(
      `      ${figures.samples} answers in ${figures.seconds.toFixed(1)} s, ${figures.failed} wrong, p50 ${Math.round(figures.p50)} ms, p95 ${Math.round(figures.p95)} ms, p99 ${Math.round(figures.p99)} ms (a look at the times, no load test)`,
    )
  if (failure?.excerpt !== undefined) log.raw(failure.excerpt.split('\n').map((line) => `      | ${line}`))
  if (isUnsteady(result)) for (const one of failedAttempts) log.info(log.foreign(`      an attempt failed: ${one}`))
}

export function waitLine({ address, ready, attempts, relapses, version, ms, problems, failure }: NodeWait): string {
  const at = address === undefined ? '' : ` at ${address}`
  const wrong = [...problems.values()].reduce((sum, count) => sum + count, 0)
  const how = `after ${formatDuration(ms)}, ${attempts} ${attempts === 1 ? 'answer' : 'answers'}, ${wrong} wrong${relapses > 0 ? `, ${relapses} of them after a right one` : ''}`
  if (!ready) return `not ready${at} ${how}: ${failure?.message ?? 'the time was over'}`
  return `ready${at} ${how}${version === undefined ? '' : `, version ${version}`}`
}

/** What a dry run shows. */
export function planLines({
  inputs: { url, expectVersion, inARow, timeout },
  flows,
}: Pick<SmokeTestRequest, 'inputs' | 'flows'>): string[] {
  const steps = flows.flatMap(({ name, steps }) =>
    steps.map(
      (step) =>
        `${name === '' ? '' : `${name}: `}${step.name}  (${step.request.method} ${step.request.url}${step.severity === 'warn' ? ', a warning only' : ''})`,
    ),
  )
  const version = expectVersion === undefined ? '' : ` as version ${expectVersion}`
  return [
    `would wait until ${url.href} answers${version} ${inARow} times in a row, within ${formatDuration(timeout)} for everything`,
    ...steps.map((step) => `would ask  ${step}`),
  ]
}
