import {
  type ErrorCode,
  type FilePlace,
  formatDuration,
  type Outputs,
  type Phase,
  type Run,
  reportFailure,
  type Summary,
  UserError,
  type Verdict,
} from '@deploy-actions/kit'
import {
  type Cause,
  type CheckResult,
  type Failure,
  type Files,
  htmlOf,
  isCritical,
  isUnsteady,
  junitOf,
  type Place,
  reportOf,
  type SmokeResult,
} from '@deploy-actions/probe'
import { planLines, type SmokeTestRequest, type SmokeTestResult, waitLine } from './smoke-test.ts'

/** What a red verdict is called. */
export const CODES: Readonly<Record<Cause, ErrorCode>> = {
  'not-rolled-out': 'DA-SMOKE-NOT-ROLLED-OUT',
  unhealthy: 'DA-SMOKE-UNHEALTHY',
  tls: 'DA-SMOKE-TLS',
  assertion: 'DA-SMOKE-ASSERTION',
  slow: 'DA-SMOKE-SLOW',
}

const MEANINGS: Readonly<Record<Cause, string>> = {
  'not-rolled-out': 'the expected version does not answer',
  unhealthy: 'the app, or a part of it, does not work',
  tls: 'visitors get no safe connection',
  assertion: 'answers are not what they should be',
  slow: 'answers come too late',
}

/** GitHub shows ten annotations of a kind for a step. */
const MOST = 8

type Ports = Pick<Run, 'log' | 'env' | 'outputs' | 'summary' | 'secrets' | 'runner'> & { readonly files: Files }

/** Tells how the test ended: annotations, files, outputs, summary, and whether the step is green. */
export function report({ smoke, warm }: SmokeTestResult, request: SmokeTestRequest, ports: Ports): Verdict {
  const { outputs, summary, log, env, runner } = ports
  outputs.set('warm', warm.did)
  if (smoke === undefined) {
    outputs.set('status', 'planned')
    summary.heading('📋 Planned: nothing was asked').list(planLines(request))
    return 'ok'
  }
  const passed = smoke.verdict === 'passed' && warm.failure === undefined
  annotate(smoke, request, ports)
  if (warm.failure) reportFailure(warm.failure, log, env)
  setOutputs(smoke, passed, outputs)
  const written = writeReports(smoke, request, ports)
  if (written.folder !== undefined) outputs.set('report', written.folder)
  if (written.failure) reportFailure(written.failure, log, env)
  summarise(smoke, request, summary, (text) => (runner.kind === 'github' ? plain(log.foreign(text)) : log.foreign(text)))
  for (const line of [warm.told, nextStep(smoke, warm.did, request.inputs.candidate !== undefined)])
    if (line !== undefined) summary.text(line)
  return passed && written.failure === undefined ? 'ok' : 'failed'
}

function setOutputs({ verdict, rollbackRecommended }: SmokeResult, passed: boolean, outputs: Outputs): void {
  outputs.set('status', passed ? 'passed' : 'failed')
  outputs.set('verdict', verdict)
  outputs.set('rollback-recommended', String(rollbackRecommended))
}

/** Each failure at its line of the YAML; warnings for what only warns, and for what came and went. */
function annotate({ waits, results }: SmokeResult, { file }: SmokeTestRequest, { log, env }: Ports): void {
  const at = (place: Place | undefined): FilePlace | undefined =>
    file === undefined || place === undefined || place.line === 0 ? undefined : { file, ...place }
  const where = (place: Place | undefined): string =>
    file !== undefined || place === undefined || place.line === 0 ? '' : ` (line ${place.line} of \`checks\`)`
  const red = [
    ...waits.flatMap(({ failure, address }) =>
      failure ? [{ failure, name: address === undefined ? 'waiting' : `waiting for ${address}`, place: undefined }] : [],
    ),
    ...results
      .filter(isCritical)
      .flatMap((one) => (one.failure ? [{ failure: one.failure, name: one.name, place: one.failure.place ?? one.place }] : [])),
  ]
  for (const { failure, name, place } of red.slice(0, MOST)) {
    const pinned = at(place)
    const told = new UserError(
      CODES[failure.cause],
      log.foreign(`${name}: ${failure.message}${where(place)}`),
      pinned ? { at: pinned } : {},
    )
    reportFailure(told, log, env)
  }
  if (red.length > MOST) log.error(`${red.length - MOST} more checks failed: the summary has them all`)
  for (const { address, relapses, attempts } of waits.filter((one) => one.ready && one.relapses > 0))
    log.warning(
      `it came and went${address === undefined ? '' : ` at ${address}`}: ${relapses} of ${attempts} answers were wrong after a right one`,
      'Unsteady',
    )
  for (const one of results.filter((one) => isUnsteady(one) || (one.state === 'failed' && one.severity === 'warn')).slice(0, MOST))
    log.warning(log.foreign(warningOf(one) + where(one.place)), one.name, at(one.failure?.place ?? one.place))
}

function warningOf({ failure, attempts, failedAttempts, state }: CheckResult): string {
  if (state === 'failed') return (failure as Failure).message
  return `passed, but ${failedAttempts.length} of ${attempts} attempts failed: ${failedAttempts[0]}`
}

/** What cannot be written is told after everything else: the verdict stands without it. */
function writeReports(smoke: SmokeResult, request: SmokeTestRequest, ports: Ports): { folder?: string | undefined; failure?: UserError } {
  try {
    return { folder: writeAll(smoke, request, ports) }
  } catch (failure) {
    if (!(failure instanceof UserError)) throw failure
    return { failure }
  }
}

/** @returns the folder, or undefined where there is none: a shell without `report-directory` */
function writeAll(
  smoke: SmokeResult,
  { inputs: { url, junit, reportDirectory } }: SmokeTestRequest,
  { files, secrets, env }: Ports,
): string | undefined {
  const clean = (text: string) => secrets.redactForeign(text)
  const data = reportOf(url.href, smoke, clean)
  if (junit !== undefined) files.write(junit, junitOf(data))
  const folder = reportDirectory ?? (env.RUNNER_TEMP === undefined ? undefined : `${env.RUNNER_TEMP}/smoke-test-${smoke.startedAt}`)
  if (folder === undefined) return undefined
  files.write(`${folder}/junit.xml`, junitOf(data))
  files.write(`${folder}/report.json`, `${JSON.stringify(data, null, 2)}\n`)
  return files.write(`${folder}/report.html`, htmlOf(data)).replace(/\/report\.html$/, '')
}

/** What a person reads after the run. */
function summarise(smoke: SmokeResult, { inputs: { url } }: SmokeTestRequest, summary: Summary, clean: (text: string) => string): void {
  const { verdict, waits, results, ms } = smoke
  summary.heading(verdict === 'passed' ? `✅ Smoke test passed — ${url.host}` : `❌ Smoke test failed — ${url.host}: ${MEANINGS[verdict]}`)
  summary.list(waits.map((wait) => clean(waitLine(wait))))
  if (results.length > 0)
    summary.table(
      ['', 'Check', 'Time', 'What was found'],
      results.map((one) => rowOf(one).map(clean)),
    )
  summary.timeline(`${results.length} checks in ${formatDuration(ms)}`, phasesOf(smoke, clean))
}

/** What an app says must not become Markdown or HTML of ours. */
const plain = (text: string): string => text.replace(/[<>`*_[\]\\]/g, '\\$&')

function rowOf(one: CheckResult): string[] {
  const { state, severity, flow, name, failure, why, ms, figures } = one
  const mark = { passed: isUnsteady(one) ? '⚠️' : '✅', failed: severity === 'warn' ? '⚠️' : '❌', skipped: '➖', 'not-run': '⏸️' }[state]
  const load =
    figures === undefined
      ? ''
      : `${figures.samples} answers, p50 ${Math.round(figures.p50)} ms, p95 ${Math.round(figures.p95)} ms, p99 ${Math.round(figures.p99)} ms (no load test)`
  const found = [failure ? `${failure.cause}: ${failure.message}` : (why ?? ''), isUnsteady(one) ? warningOf(one) : '', load].filter(
    (part) => part !== '',
  )
  return [mark, flow === '' ? name : `${flow}: ${name}`, formatDuration(ms), found.join('; ')]
}

function phasesOf({ waits, results }: SmokeResult, clean: (text: string) => string): Phase[] {
  const waiting = { name: 'waiting', start: 0, end: Math.max(...waits.map(({ ms }) => ms)), failed: waits.some(({ ready }) => !ready) }
  const checks = results.flatMap(({ name, exchanges, ms, state }) => {
    const start = exchanges[0]?.start
    return start === undefined ? [] : [{ name: clean(name).slice(0, 40), start, end: start + ms, failed: state === 'failed' }]
  })
  return [waiting, ...checks.slice(0, 40)]
}

function nextStep(
  { verdict, rollbackRecommended }: SmokeResult,
  warm: SmokeTestResult['warm']['did'],
  isCandidate: boolean,
): string | undefined {
  if (verdict === 'passed' || warm === 'rolled-back') return undefined
  const what = `What to do about it: docs/errors.md, entry ${CODES[verdict]}.`
  if (isCandidate) return `This was a candidate, which no visitor has seen: \`phase: abort\` of the deploy drops it. ${what}`
  if (warm === 'superseded') return `No way back from here: it would take the newer release away. ${what}`
  if (rollbackRecommended)
    return `**A rollback is recommended**: a critical check failed and failed again, or the app answered with errors or went away. ${what}`
  return `No rollback is recommended: an earlier release still serves, or nothing that was found is surely of this release (an address, a network, a certificate, too little time). ${what}`
}
