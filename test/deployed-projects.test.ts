import { describe, expect, test } from '@jest/globals'
import { inLanes } from './lab/lanes.ts'
import { changesBeside, differencesOfMoved, differencesToFile } from './lab/project-differences.ts'
import type { SeenContainer } from './lab/project-state.ts'

// What compose-projects.lab.test.ts compares by: it must see what is wrong, and say it.

const seen = (service: string, changes: Partial<SeenContainer> = {}): SeenContainer => ({
  ...{ project: 'shop', service, id: `${service}-1`, startedAt: '10:00', running: true, exitCode: 0, env: { A: '1' }, data: [] },
  ...changes,
})
const state = (containers: SeenContainer[], volumes: string[] = ['shop_data 9:00']) => ({ containers, volumes })

describe('a project is as its file says', () => {
  const model = { services: { db: { environment: { A: '1' } }, web: { scale: 2, environment: { A: 'x$$y' } }, job: {} } }
  const wanted = { model, strategies: { db: 'start', web: 'switch', job: 'once' }, ends: [], seen: {} }
  const right = [
    seen('db'),
    seen('web', { project: 'shop-blue', env: { A: 'x$y' } }),
    seen('web', { project: 'shop-blue', env: { A: 'x$y' } }),
    seen('job', { running: false }),
  ]
  test('and nothing differs', () => expect(differencesToFile(state(right), wanted)).toEqual([]))
  test.each<[string, SeenContainer, string]>([
    ['a service too much', seen('db'), 'db has 2 containers and not 1'],
    ['one that has ended', seen('db', { running: false }), 'db does not run'],
    ['a job that failed', seen('job', { running: false, exitCode: 1 }), 'job has not ended well'],
    ['another value', seen('db', { env: { A: '2' } }), 'db sees A="2" and not "1"'],
    ['a value that is not there', seen('db', { env: {} }), 'db sees A=undefined and not "1"'],
    ['a base service in a slot', seen('db', { project: 'shop-blue' }), 'db is in project shop-blue, and its strategy is start'],
  ])('%s is said', (_, wrong, said) => expect(differencesToFile(state([...right, wrong]), wanted)).toContain(said))
  test('a service that is not there is said', () =>
    expect(differencesToFile(state(right.slice(1)), wanted)).toEqual(['db has 0 containers and not 1']))
})

describe('what does not move stays', () => {
  const before = state([seen('db'), seen('web', { project: 'shop-blue' })])
  const beside = (...after: Parameters<typeof state>) => changesBeside(['web'], before, state(...after))
  test('and nothing is said of what moves', () => expect(beside([seen('db'), seen('web', { id: 'other' })])).toEqual([]))
  test('a container that was made anew is said', () =>
    expect(beside([seen('db', { id: 'db-2' })]).join()).toMatch(/container shop\/db db-1 .*new container shop\/db db-2/))
  test('one that was started again is said', () => expect(beside([seen('db', { startedAt: '11:00' })])).toHaveLength(2))
  test('a volume that was made anew is said', () =>
    expect(beside([seen('db')], ['shop_data 11:00'])).toEqual([
      'volume shop_data 9:00 is only on one side',
      'new volume shop_data 11:00 is only on one side',
    ]))
})

describe('what moves', () => {
  const before = state([seen('web', { env: { A: '1', STAND_IN: 'v1' } })])
  const moved = (env: Record<string, string>) => differencesOfMoved(['web'], before, state([seen('web', { env })]), 'v2', ['STAND_IN'])
  test('has the new version and the same values', () => expect(moved({ A: '1', STAND_IN: 'v2' })).toEqual([]))
  test('an old version is said', () => expect(moved({ A: '1', STAND_IN: 'v1' })).toEqual(['web is v1 and not v2']))
  test('another value is said', () => expect(moved({ A: '2', STAND_IN: 'v2' })).toEqual(['web sees A=2, and saw 1']))
  test('a service without a container is said', () =>
    expect(differencesOfMoved(['web'], before, state([]), 'v2', [])).toEqual(['web has no container']))
})

test('work that needs the same thing never runs at once, and no more than the lanes hold', async () => {
  const log: string[] = []
  const work = (name: string, ...needs: string[]) => ({
    needs,
    run: async () => {
      log.push(`+${name}`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`-${name}`)
    },
  })
  await Promise.all(inLanes([work('a', 'port 80'), work('b', 'port 80'), work('c'), work('d')], 2))
  expect(log).toEqual(['+a', '+c', '-a', '+b', '-c', '+d', '-b', '-d'])
})

test('work that fails fails alone, and what waits for its thing still runs', async () => {
  const fails = { needs: ['port 80'], run: () => Promise.reject(new Error('no')) }
  const [first, second] = inLanes([fails, { needs: ['port 80'], run: async () => {} }], 2)
  await expect(first).rejects.toThrow('no')
  await expect(second).resolves.toBeUndefined()
})
