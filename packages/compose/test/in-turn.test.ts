import { expect, test } from '@jest/globals'
import { type ComposeModel, currentRelease, type ReleasePlan, type ReleaseRequest, routeLine, strategyLine } from '../src/index.ts'
import { codes, model, planShop, textOf } from './shop.ts'

const balancer = { port: 80, path: '/up' }
const live = planShop({ balancer })
const later = { id: '20260201T000000Z-2222222-2.1', balancer, current: currentRelease(textOf(live, 'release.json')) } as const
const recreate = { strategy: ['db=recreate', 'cache=recreate'].map((line) => strategyLine.read(line)) }

/** The shop's next release with another image for a service. */
function changed(name: string, more: Partial<ReleaseRequest> = {}): ReleasePlan {
  const given = model('shop')
  const services = { ...given.services, [name]: { ...given.services[name], labels: { changed: 'yes' } } }
  return planShop({ ...later, ...recreate, model: { ...given, services } as ComposeModel, ...more } as Partial<ReleaseRequest>)
}
const settingOf = (plan: ReleasePlan) => /^in_turn=(.*)$/m.exec(textOf(plan, 'settings'))?.[1]

test.each([
  ['a service that a switched one depends on', 'cache', ['cache']],
  ['a database, also by way of others', 'db', ['db']],
  ['a worker that nobody calls', 'worker', []],
])('%s, made anew: the host leaves the balancer for it? %s %j', (_what, name, inTurn) => {
  const plan = changed(name)
  expect(plan.lines.find(({ service }) => service === name)?.strategy).toBe('recreate')
  expect([plan.inTurn, settingOf(plan)]).toEqual([inTurn, inTurn.join(',')])
  expect(plan.notes.some((note) => note.includes('taken out of the balancer'))).toBe(inTurn.length > 0)
})

test('a service that has a port may be asked by anybody', () => {
  const given = model('shop')
  const worker = { ...given.services.worker, expose: ['9100'] }
  expect(
    changed('worker', { model: { ...given, services: { ...given.services, worker: { ...worker, labels: { a: 'b' } } } } as never }).inTurn,
  ).toEqual(['worker'])
})

test('nothing is made anew, in a first release or without a balancer: the host stays', () => {
  expect(planShop(later as Partial<ReleaseRequest>).inTurn).toEqual([])
  expect(live.inTurn).toEqual([])
  const without = changed('cache', { balancer: undefined })
  expect([without.inTurn, settingOf(without)]).toEqual([[], undefined])
})

test('public listeners let the health check fail before anything else; calls by name and the verification know nothing of it', () => {
  const text = textOf(planShop({ balancer, routes: [routeLine.read(':80 -> web:8000')] }), 'Caddyfile')
  expect(text.match(/import taken-out/g)).toHaveLength(2) // the route, and the port that the file publishes
  expect(text).toMatch(
    /http:\/\/:10080 \{\n\timport slots\n\timport taken-out\n\timport maintenance\n\troute \{\n\t\thandle @taken-out \{\n/,
  )
  expect(text).toContain('not header X-Forwarded-For *')
  expect(textOf(planShop(), 'Caddyfile')).not.toContain('taken-out')
  // Which path and port it is, and how often it asks, is no part of the release.
  expect(planShop({ balancer: { port: 8080, path: '/other' } }).fingerprint).toBe(live.fingerprint)
})

test.each<[string, Partial<ReleaseRequest>, string[]]>([
  ['a port of a route', { balancer }, []],
  ['a port that the file publishes', { balancer: { ...balancer, port: 8080 } }, []],
  ['a port of nobody', { balancer: { ...balancer, port: 8081 } }, ['DA-BALANCER-HEALTH']],
  ['a port that only sends to https', { balancer, routes: [routeLine.read('example.com -> web:8000')] }, ['DA-BALANCER-HEALTH']],
])('a health check at %s: %j', (_what, changes, expected) => {
  expect(codes(planShop(changes).refusals)).toEqual(expected)
})
