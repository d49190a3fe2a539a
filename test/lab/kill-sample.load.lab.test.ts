import { expect, test } from '@jest/globals'
import { playKillMatrix } from '../../lab/kill-matrix/play.ts'

test('six kills, chosen by the date, leave one complete release serving and a host that goes on', async () => {
  const trials = await playKillMatrix({ sample: 6 }, (line) => console.log(line))
  expect(trials.map(({ problems }) => problems)).toEqual(trials.map(() => []))
})
