import { parseFlags, readActions } from '@deploy-actions/build'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import type { Spec } from '../../../lab/digitalocean/take-spec.ts'
import { read, root } from '../../../test/repository.ts'
import { Ground, NEW, shop } from './ground.ts'

// The runbook "Moving an app of App Platform": its commands and its files, in their order, against the fake.

const page =
  read('docs/runbooks.md')
    .split(/^## /m)
    .find((part) => part.startsWith('Moving an app of App Platform')) ?? ''
const [, before = '', evening = '', back = ''] = page.split(/^### /m)
/** What stands behind `app` in the blocks of a part. */
const commands = (part: string): string[] =>
  [...part.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    [...block.matchAll(/^app (.+)$/gm)].map(([, words = '']) => words),
  )
/** The files that the page shows. */
const shown = (name: string): Spec =>
  parse([...page.matchAll(/^```yaml\n# (\S+?)[;:].*\n([\s\S]*?)^```/gm)].find(([, of]) => of === name)?.[2] ?? '')

const action = readActions(root).find(({ name }) => name === 'deploy-app-platform')
const DOMAIN = [{ domain: 'shop.example.com', type: 'PRIMARY' }]

let ground: Ground
beforeEach(async () => {
  ground = await Ground.open()
  const { envs: _ours, databases: _theirs, ...spec } = shop()
  const services = spec.services.map((one: Spec) => ({ ...one, envs: [] }))
  ground.files['.do/app.yaml'] = stringify({ ...spec, services, name: 'shop-v2' })
  for (const name of ['v2-domain.yaml', 'v1-closed.yaml']) ground.files[name] = stringify(shown(name))
  ground.files['v1-open.yaml'] = stringify({ name: 'shop', maintenance: { enabled: false, archive: false } })
  await ground.withApp({ ...shop(), domains: DOMAIN })
})
afterEach(async () => {
  await ground.fake.close()
  expect(ground.fake.violations).toEqual([])
  for (const app of ground.fake.account.apps) expect(app.damage).toEqual([])
})

async function type(words: string) {
  const given = words.replace('sha256:…', NEW).split(' ')
  return ground.run(Object.fromEntries(parseFlags(action as NonNullable<typeof action>, given)))
}
async function typed(words: string): Promise<void> {
  expect([words, (await type(words)).outputs.status]).toEqual([words, 'deployed'])
}
/** In the place of `doctl apps spec get`, and of the editor. */
function printSpecs(): void {
  const { domains: _one, ...v1 } = spec('shop')
  ground.files['v1.yaml'] = stringify(spec('shop'))
  ground.files['v1-without-domain.yaml'] = stringify(v1)
  ground.files['v2-without-domain.yaml'] = stringify(spec('shop-v2'))
}
const spec = (name: string): Spec => structuredClone(ground.app(name).spec)

test.each([
  ['maintenance alone', 0],
  ['archived', 1],
])('V1 is closed (%s), the domain goes to V2 and comes back; nothing else of the two specs changes', async (_how, at) => {
  const [create = ''] = commands(before)
  await typed(create)
  const [v1, v2] = [spec('shop'), spec('shop-v2')]
  expect(v2.domains).toBeUndefined()

  const closing = commands(evening).slice(0, 2)
  expect(closing.map((words) => /--maintenance on|v1-closed/.exec(words)?.[0])).toEqual(['--maintenance on', 'v1-closed'])
  await typed(closing[at] as string)
  const closed = at === 0 ? { enabled: true } : { enabled: true, archive: true }
  expect(spec('shop')).toEqual({ ...v1, maintenance: closed })

  printSpecs()
  const [give = '', take = ''] = commands(evening).slice(2)
  const early = await type(take)
  expect([early.green, early.errors[0]?.message]).toEqual([false, expect.stringContaining('already in use by another app')])
  expect(spec('shop-v2')).toEqual(v2)
  await typed(give)
  await typed(take)
  const { domains: _given, ...without } = v1
  expect(spec('shop')).toEqual({ ...without, maintenance: closed })
  expect(spec('shop-v2')).toEqual({ ...v2, domains: DOMAIN })

  for (const words of commands(back)) await typed(words)
  expect(spec('shop')).toEqual({ ...v1, maintenance: { enabled: false, archive: false } })
  expect(spec('shop-v2')).toEqual(v2)
})

test('before the domain has gone, the last line of the way back is all of it', async () => {
  const v1 = spec('shop')
  await typed(commands(evening)[1] as string)
  await typed(commands(back).at(-1) as string)
  expect(spec('shop')).toEqual({ ...v1, maintenance: { enabled: false, archive: false } })
})

test('what the runbook says of the files is what it shows', () => {
  expect(shown('v2-domain.yaml')).toEqual({ name: 'shop-v2', domains: DOMAIN })
  expect(shown('v1-closed.yaml')).toEqual({ name: 'shop', maintenance: { enabled: true, archive: true } })
  expect(page).toContain('`.do/app.yaml`, without a domain')
  expect(read('actions/deploy-app-platform/README.md')).toContain('runbooks.md#moving-an-app-of-app-platform')
})
