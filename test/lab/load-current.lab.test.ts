import { spawnSync } from 'node:child_process'
import { test } from '@jest/globals'
import { deployScenarios } from './deploy-scenarios.ts'
import { rollbackScenarios } from './rollback-scenarios.ts'

// The current Caddy is compiled with the machine's Go. LAB_FULL=1 plays every scenario with it.
const brief = process.env.LAB_FULL !== '1'

if (spawnSync('go', ['version']).status === 0) {
  deployScenarios('current', { brief })
  rollbackScenarios('current', { brief })
} else {
  test.skip('the current Caddy needs a recent Go to compile it', () => {})
}
