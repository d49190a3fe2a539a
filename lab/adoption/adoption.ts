import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { openStage } from '../scenarios/stage.ts'
import { LabError } from '../shell.ts'
import { labFolder } from '../state.ts'
import { layouts } from './layouts.ts'
import { type Adopted, playAdoption } from './play.ts'
import { adoptionDocument, adoptionTable } from './report.ts'

// Takes over projects that were started by hand: `npm run adoption -- [--only <name>] [--write]`.
// `--write` puts the table into docs/adoption.md. Ends with 1 when anything was changed or lost that should not have been.

try {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } } })
  const stage = await openStage({ say: (line) => console.error(line) })
  const all: Adopted[] = []
  for (const layout of layouts.filter(({ name }) => name.includes(values.only))) {
    const one = await playAdoption(stage, layout).catch((error: Error) => {
      console.error(`${layout.name}: ${error.message}`)
      process.exitCode = 1
    })
    if (one === undefined) continue
    all.push(one)
    console.error(`${layout.name}: ${one.problems.length === 0 ? 'ok' : 'WRONG'}`)
    for (const problem of one.problems.slice(0, 12)) console.error(`    ${problem.slice(0, 300)}`)
  }
  console.log(`\n${adoptionTable(all)}`)
  if (values.write && all.length === layouts.length) {
    writeFileSync(path.join(labFolder, '../docs/adoption.md'), adoptionDocument(all, new Date()))
    console.log('written to docs/adoption.md')
  }
  if (all.some(({ problems }) => problems.length > 0)) process.exitCode = 1
} catch (error) {
  console.error(error instanceof LabError ? error.message : error)
  process.exitCode = 1
}
