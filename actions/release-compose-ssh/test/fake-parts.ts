import type { DeployResult } from '@deploy-actions/deploy-compose-ssh/part'
import { type ErrorCode, UserError } from '@deploy-actions/kit'
import type { SmokeResult } from '@deploy-actions/probe'
import { FakeLog } from '@deploy-actions/testing'
import type { Parts, Results } from '../src/parts.ts'
import { release } from '../src/release.ts'

export const NEW = '20260131T093000Z-1a2b3c4-77.1'
export const OLD = '20260130T093000Z-0f0f0f0-76.1'

export const failing = (code: ErrorCode) => async () => {
  throw new UserError(code, 'it does not work')
}

export const deployed = (status: DeployResult['status'], more: Partial<DeployResult> = {}): DeployResult => ({
  ...{ status, release: NEW, candidateSecret: 'open sesame' },
  hosts: [{ name: 'one', status, live: { release: OLD, slot: 'blue' }, events: [] }],
  ...more,
})

export const found = (verdict: SmokeResult['verdict'], rollbackRecommended = verdict !== 'passed'): SmokeResult => ({
  ...{ verdict, rollbackRecommended, waits: [], results: [], startedAt: 0, ms: 1 },
})

const file = { status: 'written', name: '/opt/shop/env/web.env', places: [{ name: 'one', changes: changesOf('TOKEN') }] } as const
const migrated = {
  status: 'applied',
  before: 'a',
  after: 'b',
  applied: ['b'],
  pending: [],
  planned: [],
  backup: '20260131T093000Z',
} as const
const backedUp = { status: 'created', id: '20260131T092900Z', size: '9', sha256: 'c', stored: '' } as const

function changesOf(name: string) {
  return { added: [], changed: [name], removed: [], unchanged: [], file: [], stale: new Map() }
}

/** Plays a release with all parts; `changes` are those that go otherwise, `undefined` those that were not asked for. */
export async function played(
  changes: { [K in keyof Parts]?: Parts[K] | undefined } = {},
  { verdicts = ['passed', 'passed'] as (SmokeResult['verdict'] | SmokeResult)[], signal = new AbortController().signal } = {},
) {
  const heard: string[] = []
  const left = [...verdicts]
  const smoke: Parts['smoke'] = async (_candidate) => {
    const verdict = left.shift() as SmokeResult
    return typeof verdict === 'string' ? found(verdict) : verdict
  }
  const whole: Parts = {
    env: async () => file,
    backup: async () => backedUp,
    migrate: async () => migrated,
    deploy: async (phase) => deployed(phase === 'prepare' ? 'prepared' : phase === 'abort' ? 'aborted' : 'deployed'),
    smoke,
    candidate: true,
    cool: async () => ({ release: OLD, live: NEW }),
    goBack: async () => ({
      status: 'rolled-back',
      hosts: [{ name: 'one', status: 'rolled-back', live: { release: NEW, slot: 'green' }, events: [] }],
      release: OLD,
      way: 'warm',
      of: OLD,
      record: '',
    }),
  }
  const given = Object.fromEntries(Object.entries({ ...whole, ...changes }).filter(([, part]) => part !== undefined))
  const told = Object.entries(given).map(([name, part]) => [
    name,
    typeof part !== 'function'
      ? part
      : (...words: unknown[]) => {
          heard.push([name, ...words.filter((word) => word !== undefined)].join(' '))
          return (part as (...words: unknown[]) => unknown)(...words)
        },
  ])
  const log = new FakeLog()
  const released = await release(Object.fromEntries(told) as Parts, { log, signal })
  const ends = released.ends.map(({ part, state }) => `${part} ${state}`)
  return { heard, released, ends, log, results: released.results as Results, status: released.status }
}
