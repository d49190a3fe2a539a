import { plainTable } from '../scenarios/plain-table.ts'
import { median, medians, pairRatio, seconds } from './figures.ts'
import type { Change } from './measure.ts'
import type { Figures } from './play.ts'

/** The figures as a person reads them: medians, and ratios from pair to pair. */
export function benchTable(figures: Figures): string {
  const { pairs, defaults, rollbackWarm, rollbackCold, exitAtStart, start } = figures
  const bundle = median(start.map((run) => run.bundle)) - median(start.map((run) => run.bare))
  return [
    `${figures.date.slice(0, 10)}, median of ${pairs.ours.length}; ${figures.load}.`,
    `App: ${figures.app}.\n`,
    plainTable(
      ['', 'serves after, s', 'whole step, s', 'sent', 'lost'],
      [
        changeRow('docker compose up -d --wait over SSH', pairs.plain),
        changeRow('deploy-compose-ssh, verify-for 0s', pairs.ours),
        changeRow('the same with slow requests: compose', defaults.plain),
        changeRow('the same with slow requests: ours, verify-for 5s', defaults.ours),
        changeRow('rollback, previous still warm', rollbackWarm),
        changeRow('rollback, previous stopped', rollbackCold),
      ],
    ),
    '',
    `Faster than compose, pair by pair: serves ${ratio(pairs, 'serves')} times, whole step ${ratio(pairs, 'step')} times.`,
    `A release that exits at its start is refused ${seconds(median(exitAtStart.map((run) => run.refused)))} s after its exit.`,
    `The bundle starts ${bundle} ms after bare Node.`,
  ].join('\n')
}

function changeRow(name: string, changes: Change[]): string[] {
  const { serves, step, sent } = medians(changes)
  const lost = changes.map((change) => change.lost)
  return [name, seconds(serves ?? 0), seconds(step ?? 0), String(sent), lost.every((number) => number === 0) ? '0' : String(median(lost))]
}

function ratio({ ours, plain }: Figures['pairs'], figure: 'serves' | 'step'): string {
  return pairRatio(
    plain.map((change) => change[figure]),
    ours.map((change) => change[figure]),
  ).toFixed(2)
}
