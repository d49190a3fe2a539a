import { parseArgs } from 'node:util'
import { median, seconds } from '../bench/figures.ts'
import type { SshProxy } from '../lab.ts'
import { Consumer } from '../scenarios/consumer.ts'
import { plainTable } from '../scenarios/plain-table.ts'
import { expectStatus } from '../scenarios/settled.ts'
import { openStage } from '../scenarios/stage.ts'
import { LabError } from '../shell.ts'

// What a deploy costs on a host that is far away: `npm run bench:latency -- [--runs 7] [--round-trip 100]`. The same deploys, in turns, over a wire
// without a delay and over one that takes so many milliseconds there and back. The difference, in round trips, is what the runner waited for. The wire is
// taken up on this machine, so the one of TCP itself is not among them; the host has the agent already, and the images.

try {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '7' }, 'round-trip': { type: 'string', default: '100' } } })
  const runs = Number(values.runs)
  const roundTrip = Number(values['round-trip'])
  if (!Number.isInteger(runs) || runs < 1) throw new LabError('--runs must be a number from 1 on')
  if (!Number.isInteger(roundTrip / 2) || roundTrip < 2) throw new LabError('--round-trip must be an even number of milliseconds')

  const stage = await openStage({ say: (line) => console.error(line) })
  await stage.box.reset()
  const consumer = new Consumer(stage, { inputs: { 'verify-for': '0s' } })
  const far = await stage.lab.sshProxy(stage.box, { delayMs: roundTrip / 2 })
  const near = await stage.lab.sshProxy(stage.box)
  try {
    for (const tag of ['v1', 'v2']) expectStatus(await consumer.deploy(tag), 'deployed')
    const rows: string[][] = []
    const differences: number[] = []
    for (let run = 1; run <= runs; run++) {
      const took = new Map<SshProxy, number>()
      const turns = far.turns()
      // Each of them comes first, and to either slot, as often as the other.
      for (const [at, wire] of (run % 2 === 0 ? [near, far] : [far, near]).entries()) {
        const step = await consumer.deploy(`v${at + 1}`, { via: wire })
        expectStatus(step, 'deployed')
        took.set(wire, step.endedAt - step.startedAt)
      }
      const [atOnce = Number.NaN, later = Number.NaN] = [took.get(near), took.get(far)]
      differences.push(later - atOnce)
      rows.push([String(run), seconds(atOnce), seconds(later), ((later - atOnce) / roundTrip).toFixed(1), String(far.turns() - turns)])
    }
    console.log(plainTable(['pair', 'near, s', 'far, s', 'round trips that it waited for', 'times the runner spoke after the host'], rows))
    console.log(`\nMedian: ${(median(differences) / roundTrip).toFixed(1)} round trips of ${roundTrip} ms.`)
  } finally {
    consumer.close()
    await Promise.all([near.close(), far.close()])
  }
} catch (error) {
  console.error(error instanceof LabError ? error.message : error)
  process.exitCode = 1
}
