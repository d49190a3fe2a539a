import { escaped } from './markup.ts'
import type { Report, ReportedCheck } from './report-json.ts'

/** JUnit's XML, as CI servers and GitHub's test reporters read it. A warning fails nothing there: it stands in the output of its case. */
export function junitOf({ checks, waits, startedAt, ms, url }: Report): string {
  const waiting = waits.map(({ address, ready, failure, ms: took }) =>
    testCase(`waits for ${url}${address === undefined ? '' : ` at ${address}`}`, took, ready ? '' : failed(failure)),
  )
  const flows = [...new Set(checks.map(({ flow }) => flow))]
  const suites = [
    suite('release', waiting, waits.filter(({ ready }) => !ready).length, 0),
    ...flows.map((flow) => {
      const own = checks.filter((one) => one.flow === flow)
      const red = own.filter((one) => one.state === 'failed' && one.severity === 'critical').length
      const skipped = own.filter(({ state }) => state === 'skipped' || state === 'not-run').length
      return suite(flow || 'checks', own.map(caseOf), red, skipped)
    }),
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="smoke-test" timestamp="${startedAt}" time="${seconds(ms)}">\n${suites.join('')}</testsuites>\n`
}

function suite(name: string, cases: readonly string[], failures: number, skipped: number): string {
  return `  <testsuite name="${escaped(name)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}">\n${cases.join('')}  </testsuite>\n`
}

function caseOf(check: ReportedCheck): string {
  const { name, state, severity, failure, why = '', failedAttempts, ms } = check
  if (state === 'skipped' || state === 'not-run') return testCase(name, ms, `<skipped message="${escaped(why)}"/>`)
  if (failure && severity === 'critical') return testCase(name, ms, failed(failure))
  const said = [...(failure ? [`warning: ${failure.message}`] : []), ...failedAttempts.map((one) => `an attempt failed: ${one}`)]
  return testCase(name, ms, said.length === 0 ? '' : `<system-out>${escaped(said.join('\n'))}</system-out>`)
}

function failed(failure: ReportedCheck['failure']): string {
  const message = failure?.message ?? 'failed'
  return `<failure type="${failure?.cause ?? 'unhealthy'}" message="${escaped(message)}">${escaped(failure?.excerpt ?? message)}</failure>`
}

const testCase = (name: string, ms: number, inner: string): string =>
  `    <testcase classname="smoke-test" name="${escaped(name)}" time="${seconds(ms)}">${inner}</testcase>\n`

const seconds = (ms: number): string => (ms / 1000).toFixed(3)
