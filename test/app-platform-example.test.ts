import { expect, jest } from '@jest/globals'
import { playAppPlatform } from '../lab/pipelines/app-platform.ts'
import { testWith } from './needs-tool.ts'

// Four runs of workflows, each of some steps with a Node of their own.
jest.setTimeout(180_000)

testWith(
  'act',
  'the example for App Platform, run by act: staging, the gate, production with the same digest, a bad release that goes back, a rollback; each job has the token of its own environment alone',
  async () => {
    const rows = await playAppPlatform({ say: () => {} })
    expect(rows.map(({ end }) => end)).toEqual(['success', 'success', 'failure', 'success'])
  },
)
