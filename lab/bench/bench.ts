import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { LabError } from '../shell.ts'
import { labFolder } from '../state.ts'
import { benchChart } from './chart.ts'
import { playBench } from './play.ts'
import { benchTable } from './report.ts'

// Measures releases against `docker compose up -d --wait` over SSH: `npm run bench -- [--runs 7] [--write]`.
// `--write` puts the figures into docs/bench.json, and their picture into docs/bench.svg.

try {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '7' }, write: { type: 'boolean', default: false } } })
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1) throw new LabError('--runs must be a number from 1 on')
  const figures = await playBench(runs, (line) => console.error(line))
  console.log(benchTable(figures))
  if (values.write) {
    const docs = path.join(labFolder, '../docs')
    writeFileSync(path.join(docs, 'bench.json'), `${JSON.stringify(figures, null, 2)}\n`)
    writeFileSync(path.join(docs, 'bench.svg'), benchChart(figures))
    console.log('\nwritten to docs/bench.json and docs/bench.svg')
  }
} catch (error) {
  console.error(error instanceof LabError ? error.message : error)
  process.exitCode = 1
}
