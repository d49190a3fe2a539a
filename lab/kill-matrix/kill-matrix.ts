import { parseArgs } from 'node:util'
import { LabError } from '../shell.ts'
import { playFleetMatrix } from './fleet-play.ts'
import { keepTrial, keptTrials, nameOf } from './kept.ts'
import { playKillMatrix } from './play.ts'
import { killTable } from './report.ts'

// Kills runs at many points, on one host and on the second of three, and looks what becomes of the hosts: `npm run kill-matrix -- [--sample 6] [--only <words>] [--boxes 2] [--write [--missing]]`.
// `--write` puts each kill that was played into the table of docs/kill-matrix.md, in the place of its last run; `--missing` plays only those
// that the table does not have, or that ended wrong there. Ends with 1 when anything ended wrong.

try {
  const { values } = parseArgs({
    options: {
      sample: { type: 'string' },
      only: { type: 'string' },
      boxes: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
      missing: { type: 'boolean', default: false },
    },
  })
  const choice = {
    boxes: Number(values.boxes),
    ...(values.sample && { sample: Number(values.sample) }),
    ...(values.only && { only: values.only }),
    ...(values.missing && {
      without: keptTrials()
        .filter(({ problems }) => problems.length === 0)
        .map(nameOf),
    }),
    ...(values.write && { ended: keepTrial }),
  }
  const say = (line: string): void => console.error(line)
  const trials = [...(await playKillMatrix(choice, say)), ...(await playFleetMatrix(choice, say))]
  console.log(`\n${killTable(trials)}`)
  const wrong = trials.filter(({ problems }) => problems.length > 0).length
  console.log(`\n${trials.length} kills, ${wrong} ended wrong`)
  if (wrong > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof LabError ? error.message : error)
  process.exitCode = 1
}
