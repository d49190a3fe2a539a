import { median, medians, seconds } from './figures.ts'
import type { Change } from './measure.ts'
import type { Figures } from './play.ts'

interface Row {
  readonly name: string
  readonly changes: readonly Change[]
  /** Of somebody else's way. */
  readonly plain?: boolean
}

const WIDTH = 760
const LEFT = 250
const BAR = 330
const ROW = 46
const TOP = 74

/** The figures as a picture for the README: for each way how long it takes, and how many requests it loses. Readable on light and dark pages. */
export function benchChart({ pairs, rollbackWarm, rollbackCold, load, date }: Figures): string {
  const rows: Row[] = [
    { name: 'docker compose up -d --wait', changes: pairs.plain, plain: true },
    { name: 'deploy-compose-ssh', changes: pairs.ours },
    { name: 'rollback, still warm', changes: rollbackWarm },
    { name: 'rollback, stopped', changes: rollbackCold },
  ]
  const longest = Math.max(...rows.map(({ changes }) => medians(changes).step))
  const height = TOP + rows.length * ROW + 40
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${describe(rows)}">`,
    `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.quiet { fill: #59636e; font-size: 12px }
.strong { font-weight: 600 }
.bad { fill: #c9362b; font-weight: 600 }
.good { fill: #1a7f37; font-weight: 600 }
.serves { fill: #2f6fd0 }
.rest { fill: #a9c7f2 }
.plain .serves { fill: #7a828c }
.plain .rest { fill: #c3c9d0 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #9198a1 }
  .bad { fill: #ff7b72 }
  .good { fill: #56d364 }
  .rest { fill: #35507c }
  .plain .rest { fill: #4b535d }
}
</style>`,
    label(0, 18, 'One change under load, median', 'strong'),
    label(
      0,
      38,
      `${load.split(':')[0]}; ${date.slice(0, 10)}. Dark: until the new version serves. Light: until the step has ended.`,
      'quiet',
    ),
    label(LEFT, 62, 'seconds', 'quiet'),
    label(WIDTH - 130, 62, 'requests lost', 'quiet'),
    ...rows.map((row, index) => bars(row, TOP + index * ROW, longest)),
    label(0, height - 12, 'npm run bench · all figures in docs/bench.json', 'quiet'),
    '</svg>\n',
  ].join('\n')
}

function bars({ name, changes, plain = false }: Row, top: number, longest: number): string {
  const { serves, step, sent } = medians(changes)
  const lost = median(changes.map((change) => change.lost))
  const width = (ms: number) => Math.round((ms / longest) * BAR)
  const middle = top + 19
  return [
    `<g${plain ? ' class="plain"' : ''}>`,
    label(0, middle, name),
    `<rect class="rest" x="${LEFT}" y="${top + 4}" width="${width(step)}" height="22" rx="3"/>`,
    `<rect class="serves" x="${LEFT}" y="${top + 4}" width="${width(serves)}" height="22" rx="3"/>`,
    label(LEFT, top + 40, `${seconds(serves)} · ${seconds(step)}`, 'quiet'),
    label(WIDTH - 130, middle, `${lost} of ${sent}`, lost === 0 ? 'good' : 'bad'),
    '</g>',
  ].join('\n')
}

const label = (x: number, y: number, text: string, kind?: string): string =>
  `<text x="${x}" y="${y}"${kind === undefined ? '' : ` class="${kind}"`}>${text}</text>`

const describe = (rows: readonly Row[]): string =>
  rows
    .map(({ name, changes }) => {
      const { serves, step, sent, lost } = medians(changes)
      return `${name}: serves after ${seconds(serves)} s, whole step ${seconds(step)} s, ${lost} of ${sent} requests lost`
    })
    .join('; ')
