import { parseArgs } from 'node:util'
import { median, seconds } from '../bench/figures.ts'
import { Consumer } from '../scenarios/consumer.ts'
import { plainTable } from '../scenarios/plain-table.ts'
import { expectStatus } from '../scenarios/settled.ts'
import { openStage } from '../scenarios/stage.ts'
import { LabError } from '../shell.ts'

// What a deploy costs on a host that is far away: `npm run bench:latency -- [--runs 7] [--round-trip 100]`. The same deploys, in turns, over a wire
// without a delay and over one that takes so many milliseconds there and back. The difference, in round trips, is what the runner waited for.

try {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '7' }, 'round-trip': { type: 'string', default: '100' } } })
  const runs = Number(values.runs)
  const roundTrip = Number(values['round-trip'])
  if (!Number.isInteger(runs) || runs < 1) throw new LabError('--runs must be a number from 1 on')
  if (!Number.isInteger(roundTrip / 2) || roundTrip < 2) throw new LabError('--round-trip must be an even number of milliseconds')

  const stage = await openStage({ say: (line) => console.error(line) })
  await stage.box.reset()
  const consumer = new Consumer(stage, { inputs: { 'verify-for': '0s' } })
  try {
    const far = await stage.lab.sshProxy(stage.box, { delayMs: roundTrip / 2 })
    const near = await stage.lab.sshProxy(stage.box)
    for (const tag of ['v1', 'v2']) expectStatus(await consumer.deploy(tag), 'deployed')
    const rows: string[][] = []
    const differences: number[] = []
    for (let run = 1; run <= runs; run++) {
      const took: number[] = []
      const turns: number[] = []
      for (const [wire, tag] of [
        [near, 'v1'],
        [far, 'v2'],
      ] as const) {
        const before = wire.turns()
        const step = await consumer.deploy(tag, { via: wire })
        expectStatus(step, 'deployed')
        took.push(step.endedAt - step.startedAt)
        turns.push(wire.turns() - before)
      }
      const [atOnce = Number.NaN, later = Number.NaN] = took
      differences.push(later - atOnce)
      rows.push([String(run), seconds(atOnce), seconds(later), ((later - atOnce) / roundTrip).toFixed(1), String(turns[1])])
    }
    await Promise.all([near.close(), far.close()])
    console.log(plainTable(['pair', 'near, s', 'far, s', 'round trips that it waited for', 'times the runner spoke after the host'], rows))
    console.log(`\nMedian: ${(median(differences) / roundTrip).toFixed(1)} round trips of ${roundTrip} ms.`)
  } finally {
    consumer.close()
  }
} catch (error) {
  console.error(error instanceof LabError ? error.message : error)
  process.exitCode = 1
}
