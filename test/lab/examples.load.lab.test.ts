import { test } from '@jest/globals'
import { hasAct } from '../../lab/pipelines/act.ts'
import { exampleOfTheDay, exampleTable, playExamples } from '../../lab/pipelines/play.ts'

const example = exampleOfTheDay()

test(`${example}, the example of the day, run by act from the first push to the rollback: nothing is lost, what is bad goes back by itself`, async () => {
  if (!hasAct()) throw new Error('act is not installed, and there is no Go to install it')
  const rows = await playExamples([example], (line) => console.log(line))
  console.log(exampleTable(rows))
})
