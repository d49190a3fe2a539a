import { hasAct } from '../../lab/pipelines/act.ts'
import { examplesOfTheDay, exampleTable, playExamples } from '../../lab/pipelines/play.ts'
import { testWith } from '../needs-tool.ts'

hasAct()

for (const example of examplesOfTheDay())
  testWith(
    'act',
    `${example}, an example of the day, run by act from the first push to the rollback: the same digests in both environments, nothing lost, no secret at the other`,
    async () => {
      const rows = await playExamples([example], { say: (line) => console.log(line), brief: true })
      console.log(exampleTable(rows))
    },
    'this test installs it where Go and the Go proxy are',
  )
