import { spawnSync } from 'node:child_process'
import { test } from '@jest/globals'
import { streamScenarios } from './stream-scenarios.ts'

// The current Caddy is compiled with the machine's Go.
if (spawnSync('go', ['version']).status === 0) streamScenarios('current')
else test.skip('the current Caddy needs a recent Go to compile it', () => {})
