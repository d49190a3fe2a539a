import { test } from '@jest/globals'
import { hasAct } from '../../lab/pipelines/act.ts'
import { exampleOfTheDay, exampleTable, playExamples } from '../../lab/pipelines/play.ts'

const example = exampleOfTheDay()

test(`${example}, the example of the day, run by act from the first push to the rollback: the same digests in both environments, nothing lost, no secret at the other`, async () => {
  if (!hasAct()) throw new Error('act is not installed, and there is no Go to install it')
  const rows = await playExamples([example], { say: (line) => console.log(line), brief: true })
  console.log(exampleTable(rows))
})
