import { type JsonObject, mergeSpecs, replaceSpec } from '@deploy-actions/digitalocean'
import { expect, test } from '@jest/globals'

const digest = `sha256:${'a'.repeat(64)}`
const live = (): JsonObject => ({
  name: 'shop',
  region: 'fra',
  unheard: { of: ['x'] },
  envs: [
    { key: 'LEVEL', value: 'info', scope: 'RUN_TIME' },
    { key: 'KEY', value: 'EV[1:n:c]', type: 'SECRET' },
  ],
  services: [
    {
      name: 'web',
      image: { registry_type: 'GHCR', registry: 'acme', repository: 'shop', digest, registry_credentials: 'EV[1:l:l]' },
      http_port: 80,
    },
    { name: 'api', github: { repo: 'acme/api', branch: 'main' } },
  ],
  ingress: { rules: [{ component: { name: 'web' } }] },
})

test('what the file does not speak of stays, things of one name are laid over each other, new ones come behind', () => {
  const file = {
    name: 'shop',
    services: [
      { name: 'new', http_port: 1 },
      { name: 'web', http_port: 90 },
    ],
    envs: [{ key: 'LEVEL', value: 'debug' }],
  }
  const expected = live() as { services: JsonObject[]; envs: JsonObject[] }
  Object.assign(expected.services[0] as JsonObject, { http_port: 90 })
  Object.assign(expected.envs[0] as JsonObject, { value: 'debug' })
  expect(mergeSpecs(live(), file)).toEqual({ ...expected, services: [...expected.services, { name: 'new', http_port: 1 }] })
})

test.each([
  ['without a value', { key: 'KEY', type: 'SECRET' }],
  ['with an empty one', { key: 'KEY', type: 'SECRET', value: '' }],
  ['with an older cipher', { key: 'KEY', type: 'SECRET', value: 'EV[1:old:old]' }],
  ['with a cipher and no type', { key: 'KEY', value: 'EV[1:n:c]' }],
])('an encrypted value stays, byte for byte, where the file names it %s', (_, env) => {
  for (const lay of [mergeSpecs, replaceSpec]) {
    const { envs } = lay(live(), { name: 'shop', envs: [env] }) as { envs: JsonObject[] }
    expect(envs.find(({ key }) => key === 'KEY')).toEqual({ key: 'KEY', value: 'EV[1:n:c]', type: 'SECRET' })
  }
})

test('a plain value for what is encrypted is a new secret, and stays one without a word about its type', () => {
  for (const lay of [mergeSpecs, replaceSpec]) {
    const { envs } = lay(live(), { envs: [{ key: 'KEY', value: 'plain' }] }) as { envs: JsonObject[] }
    expect(envs.find(({ key }) => key === 'KEY')).toEqual({ key: 'KEY', value: 'plain', type: 'SECRET' })
  }
})

test('a live digest wins over a tag of the same repository, and its login stays', () => {
  const file = { services: [{ name: 'web', image: { registry_type: 'GHCR', registry: 'acme', repository: 'shop', tag: 'latest' } }] }
  for (const lay of [mergeSpecs, replaceSpec]) {
    const { services } = lay(live(), file) as { services: JsonObject[] }
    expect(services[0]?.image).toEqual((live() as { services: JsonObject[] }).services[0]?.image)
  }
})

test('another image takes nothing of the old one along', () => {
  const image = { registry_type: 'DOCR', repository: 'shop', tag: '1' }
  const { services } = mergeSpecs(live(), { services: [{ name: 'web', image }] }) as { services: JsonObject[] }
  expect(services[0]?.image).toEqual(image)
})

test('another source of code takes the place of the old one', () => {
  const { services } = mergeSpecs(live(), {
    services: [{ name: 'api', image: { registry_type: 'DOCR', repository: 'api', tag: '1' } }],
  }) as {
    services: JsonObject[]
  }
  expect(Object.keys(services[1] as JsonObject)).toEqual(['name', 'image'])
})

test('a file as the whole spec drops what it lacks, but for what no file can know', () => {
  const file = { name: 'shop', services: [{ name: 'web', image: { registry_type: 'GHCR', registry: 'acme', repository: 'shop' } }] }
  expect(replaceSpec(live(), file)).toEqual({
    name: 'shop',
    services: [{ name: 'web', image: (live() as { services: { image: JsonObject }[] }).services[0]?.image }],
    region: 'fra',
    ingress: { rules: [{ component: { name: 'web' } }] },
  })
})

test('an empty list removes nothing that has a name', () => {
  expect(mergeSpecs(live(), { services: [], envs: [], unheard: { of: [] } })).toEqual({ ...live(), unheard: { of: [] } })
})
