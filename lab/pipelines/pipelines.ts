import { LabError } from '../shell.ts'
import { hasAct } from './act.ts'
import { exampleTable, playable, playExamples } from './play.ts'

// Runs the pipelines of examples/ by act, on hosts of the lab: `npm run examples -- [<name> ...]`. Ends with 1 when one did not end as it has to.

try {
  const names = process.argv.slice(2)
  const unknown = names.find((name) => !playable.includes(name))
  if (unknown !== undefined) throw new LabError(`"${unknown}" is not played; there are ${playable.join(', ')}`)
  if (!hasAct()) throw new LabError('act is not installed, and there is no Go to install it: .ci/run does both')
  const rows = await playExamples(names.length > 0 ? names : playable, { say: (line) => console.error(line) })
  console.log(`\n${exampleTable(rows)}`)
} catch (error) {
  console.error(error instanceof LabError ? error.message : error)
  // A play that broke may have left a server of its own open.
  process.exit(1)
}
