import { formatDuration } from '@deploy-actions/kit'
import type { Exchange } from './ask.ts'
import { escaped } from './markup.ts'
import type { Report, ReportedCheck } from './report-json.ts'

const STYLE = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1f2328;background:#fff}
h1{font-size:1.4rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d1d9e0;vertical-align:top}
.passed{color:#1a7f37}.failed{color:#cf222e}.warn{color:#9a6700}.skipped,.not-run{color:#59636e}
pre{background:#f6f8fa;padding:.6rem;overflow:auto;white-space:pre-wrap}.bars{position:relative;height:1.1rem;min-width:16rem;background:#f6f8fa}
.bars i{position:absolute;top:.15rem;bottom:.15rem;min-width:1px}.dns{background:#8250df}.connect{background:#bf8700}.tls{background:#bc4c00}.wait{background:#2da44e}.download{background:#0969da}.whole{background:#cf222e}
.key i{display:inline-block;width:.8rem;height:.8rem;margin:0 .3rem 0 .9rem}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}td,th{border-color:#30363d}pre,.bars{background:#161b22}}`

const PHASES = ['dns', 'connect', 'tls', 'wait', 'download'] as const

/** One page with no other file: the checks, and a waterfall of every request. */
export function htmlOf(report: Report): string {
  const exchanges = [...report.waits.flatMap((wait) => wait.exchanges), ...report.checks.flatMap((check) => check.exchanges)].sort(
    (a, b) => a.start - b.start,
  )
  const key = PHASES.map((phase) => `<i class="${phase}"></i>${phase}`).join('')
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Smoke test: ${escaped(report.verdict)}</title><style>${STYLE}</style>
<h1>Smoke test of ${escaped(report.url)}: <span class="${report.verdict === 'passed' ? 'passed' : 'failed'}">${escaped(report.verdict)}</span></h1>
<p>${escaped(report.startedAt)}, ${formatDuration(report.ms)}${report.rollbackRecommended ? ', <b>a rollback is recommended</b>' : ''}</p>
<table><tr><th>Check<th>Result<th>Time<th>What was found</tr>
${report.checks.map(checkRow).join('\n')}
</table>
<h2>Requests</h2><p class="key">${key}</p>
<table>${exchanges.map((one) => exchangeRow(one, Math.max(1, report.ms))).join('\n')}</table>
</html>
`
}

function checkRow(check: ReportedCheck): string {
  const { flow, name, state, severity, failure, why, ms, failedAttempts, figures, place } = check
  const kind = state === 'failed' && severity === 'warn' ? 'warn' : state
  const found = [
    failure?.message ?? why ?? '',
    place.line > 0 && failure ? `line ${failure.place?.line ?? place.line} of the checks` : '',
    figures
      ? `${figures.samples} answers, ${figures.failed} wrong; p50 ${figures.p50} ms, p95 ${figures.p95} ms, p99 ${figures.p99} ms`
      : '',
    ...failedAttempts.map((one) => `an attempt failed: ${one}`),
  ].filter((one) => one !== '')
  const excerpt = failure?.excerpt === undefined ? '' : `<pre>${escaped(failure.excerpt)}</pre>`
  return `<tr><td>${escaped(flow === '' ? name : `${flow}: ${name}`)}<td class="${kind}">${kind === 'warn' ? 'warning' : kind}<td>${formatDuration(ms)}<td>${found.map(escaped).join('<br>')}${excerpt}</tr>`
}

function exchangeRow({ method, url, address, status, start, ms, phases, problem, again }: Exchange, whole: number): string {
  let from = start
  const bar = (name: string, length: number) => {
    const made = `<i class="${name}" style="left:${((from / whole) * 100).toFixed(2)}%;width:${((length / whole) * 100).toFixed(2)}%" title="${name} ${Math.round(length)} ms"></i>`
    from += length
    return made
  }
  const bars =
    problem === undefined
      ? PHASES.flatMap((name) => (phases[name] === undefined ? [] : bar(name, phases[name]))).join('')
      : bar('whole', ms)
  const result =
    problem === undefined
      ? `${status}${again ? ' (asked once more: the kept connection was closed)' : ''}`
      : `<span class="failed">${escaped(problem)}</span>`
  return `<tr><td>${escaped(method)} ${escaped(url)}${address === undefined ? '' : ` (${escaped(address)})`}<td>${result}<td>${Math.round(ms)} ms<td><div class="bars">${bars}</div></tr>`
}
