import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { benchChart } from '../lab/bench/chart.ts'
import { root } from './repository.ts'

test('everything generated (agent, dist, faces, tables) is what the sources make, byte for byte, and within the size limit', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['packages/build/src/cli.mjs', 'check'], { cwd: root, encoding: 'utf8' })
  expect({ status, told: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, told: '' })
}, 300_000)

test('the picture of the bench shows the figures that stand beside it', () => {
  const read = (name: string) => readFileSync(`${root}/docs/${name}`, 'utf8')
  expect(read('bench.svg')).toBe(benchChart(JSON.parse(read('bench.json'))))
})
