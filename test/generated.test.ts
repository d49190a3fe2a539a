import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { root } from './repository.ts'

test('everything generated (agent, dist, faces, tables) is what the sources make, byte for byte, and within the size limit', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['packages/build/src/cli.mjs', 'check'], { cwd: root, encoding: 'utf8' })
  expect({ status, told: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, told: '' })
}, 300_000)
