import { spawnSync } from 'node:child_process'
import { test } from '@jest/globals'
import { full } from '../../lab/of-the-day.mjs'
import { deployScenarios } from './deploy-scenarios.ts'
import { rollbackScenarios } from './rollback-scenarios.ts'

// The current Caddy is compiled with the machine's Go.
if (spawnSync('go', ['version']).status === 0) {
  deployScenarios('current', { brief: !full })
  rollbackScenarios('current', { brief: !full })
} else {
  test.skip('the current Caddy needs a recent Go to compile it', () => {})
}
