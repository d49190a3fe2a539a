import type { Balancer } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'
import { FakeHost, type FakeHostOptions } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { deploy } from '../src/deploy.ts'
import { agentAnswers, type Scene, sceneOf } from './ground.ts'

const BALANCER = '0a1b2c3d-0000-4000-8000-000000000000'
const { facts = [], resolve = [], credential = [], candidate = [] } = agentAnswers()

const host = (name: string, options: FakeHostOptions = {}) =>
  new FakeHost(name, { ...options, answers: { facts, resolve, credential, candidate } })

/** A balancer in front of a and b, which asks port 80; `put` has the droplets that were put back. */
function balancer(put: number[] = []): Balancer {
  return {
    ...{ id: BALANCER, name: 'shop', check: { port: 80, path: '/up' }, noticesBadMs: 1, noticesGoodMs: 1 },
    dropletAt: (address) => {
      if (!/^[ab]:/.test(address)) throw new UserError('DA-BALANCER-HOST', `no droplet has the address ${address}`)
      return address.startsWith('a') ? 1 : 2
    },
    members: async () => [1, 2],
    change: async () => undefined,
    putBack: async ({ droplet }) => void put.push(droplet),
  }
}

async function deployed(hosts: readonly FakeHost[], behind: Balancer | undefined, scene: Scene = {}) {
  const stage = sceneOf(scene)
  const result = await deploy(stage.request, { ...stage.ports, hosts: hosts.map(({ place }) => place), balancer: behind })
  return { ...stage, result }
}

test('a first release makes nothing anew: each host says so, nobody is taken out, and the release is final on all', async () => {
  const hosts = [host('a'), host('b')]
  const { result } = await deployed(hosts, balancer())
  expect(result.status).toBe('deployed')
  for (const { heard } of hosts) expect(heard.slice(-3)).toEqual(['commit turn', 'base', 'over'])
})

test('its configuration and its settings know of the balancer, and no session is opened without a word of it', async () => {
  const [a, b] = [host('a'), host('b')]
  await deployed([a, b], balancer())
  const texts = a.remotes.flatMap(({ uploads }) =>
    uploads.flatMap(({ entries }) => entries.map(({ path, bytes }) => [path, String(bytes)])),
  )
  expect(Object.fromEntries(texts)).toMatchObject({
    Caddyfile: expect.stringContaining('handle @taken-out'),
    settings: expect.stringContaining('\nin_turn=\n'),
  })
})

test('a host that no droplet is stops the run before anything is contacted', async () => {
  const hosts = [host('a'), host('x.example.com')]
  await expect(deployed(hosts, balancer())).rejects.toMatchObject({ code: 'DA-BALANCER-HOST' })
  expect(hosts.flatMap(({ remotes }) => remotes)).toEqual([])
})

test('a health check at a port that the edge does not have is refused in the plan', async () => {
  const elsewhere = { ...balancer(), check: { port: 8080, path: '/up' } }
  await expect(deployed([host('a'), host('b')], elsewhere)).rejects.toMatchObject({
    code: 'DA-BALANCER-HEALTH',
    message: expect.stringContaining('asks port 8080'),
  })
})

test('a host that a dead run has taken out is put back first', async () => {
  const put: number[] = []
  const hosts = [host('a', { out: `${BALANCER}:1` }), host('b')]
  await deployed(hosts, balancer(put))
  expect(put).toEqual([1])
  expect(hosts[0]?.heard.slice(0, 3)).toEqual(['(session)', 'returned', 'facts'])
})

test.each<[string, Balancer | undefined, Scene]>([
  ['without `take-out-of`', undefined, {}],
  ['in a dry run', balancer(), { inputs: { 'dry-run': 'true' } }],
])('%s it is only told', async (_what, behind, scene) => {
  const hosts = [host('a', { out: `${BALANCER}:1` }), host('b')]
  const { log } = await deployed(hosts, behind, scene)
  expect(log.text('warning')).toContain('a: an earlier run took the droplet 1 out of the balancer')
  expect(hosts[0]?.heard).not.toContain('returned')
})
