import type { Repeat } from './check.ts'
import type { LoadFigures } from './check-result.ts'
import type { Failure } from './failure.ts'

/** One of many answers. */
export interface Sample {
  readonly ms: number
  readonly failure?: Failure | undefined
}

/** Asks again and again, `concurrency` at a time, until it was often or long enough. */
export async function takeSamples(
  repeat: Repeat,
  one: () => Promise<Sample>,
  time: { since: () => number; left: () => number },
): Promise<{ samples: Sample[]; seconds: number }> {
  const samples: Sample[] = []
  const begun = time.since()
  let started = 0
  const more = () => time.left() > 0 && (repeat.times === undefined ? time.since() - begun < (repeat.forMs ?? 0) : started < repeat.times)
  const worker = async () => {
    while (more()) {
      started += 1
      samples.push(await one())
    }
  }
  await Promise.all(Array.from({ length: repeat.concurrency }, worker))
  return { samples, seconds: (time.since() - begun) / 1000 }
}

/** The figures, and what of them is over its limit. Only right answers count for the times: an error is often quick. */
export function judgeSamples(repeat: Repeat, samples: readonly Sample[], seconds: number): { figures: LoadFigures; failure?: Failure } {
  const times = samples
    .filter(({ failure }) => failure === undefined)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b)
  const failures = samples.flatMap(({ failure }) => failure ?? [])
  const [p50, p95, p99] = [50, 95, 99].map((share) => percentile(times, share)) as [number, number, number]
  const figures = { samples: samples.length, failed: failures.length, seconds, p50, p95, p99 }
  const failure = overLimit(repeat, figures, failures)
  return { figures, ...(failure && { failure }) }
}

function overLimit(repeat: Repeat, figures: LoadFigures, failures: readonly Failure[]): Failure | undefined {
  const { samples, failed } = figures
  const share = samples === 0 ? 0 : failed / samples
  const [first] = failures
  if (first !== undefined && share > repeat.errorRate)
    return {
      ...first,
      message: `${failed} of ${samples} answers were wrong (${percentText(share)}, allowed ${percentText(repeat.errorRate)}); the first: ${first.message}`,
    }
  if (samples < repeat.minSamples)
    return { cause: 'slow', message: `only ${samples} answers came, and fewer than ${repeat.minSamples} say nothing` }
  for (const [limit, ms] of repeat.limits) {
    const value = figures[`p${limit}`]
    if (value > ms) return { cause: 'slow', message: `${limit} of 100 answers took up to ${Math.round(value)} ms, more than ${ms} ms` }
  }
  return undefined
}

const percentText = (share: number): string => `${Number((share * 100).toFixed(2))} %`

/** By the nearest rank, of sorted values; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil((share / 100) * sorted.length) - 1)] ?? 0
}
