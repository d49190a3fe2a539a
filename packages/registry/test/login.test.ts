import { dockerConfig, type RegistryValues, registryInputs, registryLogins } from '@deploy-actions/registry'
import { expect, test } from '@jest/globals'

const none: RegistryValues = { registry: undefined, registryUsername: undefined, registryPassword: undefined, registryToken: undefined }
const token = { registryToken: 't' }

test.each([
  ['no password, no login', {}, ['ghcr.io'], []],
  [
    'a password is for the registry that is named',
    { registry: 'a.io', registryUsername: 'u', registryPassword: 'p' },
    ['b.io'],
    ['a.io u:p'],
  ],
  [
    'else for the first that is not Docker Hub',
    { registryUsername: 'u', registryPassword: 'p' },
    ['docker.io', 'a.io', 'b.io'],
    ['a.io u:p'],
  ],
  ['else for Docker Hub', { registryUsername: 'u', registryPassword: 'p' }, ['docker.io'], ['docker.io u:p']],
  ['on ghcr.io the user is the actor', { registryPassword: 'p' }, ['ghcr.io'], ['ghcr.io ann:p']],
  ['nowhere else', { registryPassword: 'p' }, ['a.io'], ['a.io :p']],
  ["the workflow's token is for ghcr.io", token, ['ghcr.io', 'a.io'], ['ghcr.io ann:t']],
  ['and for nobody else', token, ['a.io', 'ghcr.io.evil.example', 'docker.io'], []],
  ['a password for ghcr.io goes before the token', { ...token, registryPassword: 'p' }, ['ghcr.io'], ['ghcr.io ann:p']],
  [
    'both, where there are both',
    { ...token, registry: 'a.io', registryUsername: 'u', registryPassword: 'p' },
    ['a.io', 'ghcr.io'],
    ['a.io u:p', 'ghcr.io ann:t'],
  ],
  ['nothing to pull, nothing to log in to', { ...token, registryPassword: 'p' }, [], []],
] as [string, Partial<RegistryValues>, string[], string[]][])('%s', (_fact, values, registries, logins) => {
  const found = registryLogins({ ...none, ...values }, registries, 'ann')
  expect(found.map(({ registry, username, password }) => `${registry} ${username}:${password}`)).toEqual(logins)
})

test('without an actor the token has a user of its own', () => {
  expect(registryLogins({ ...none, ...token }, ['ghcr.io'], undefined)).toEqual([{ registry: 'ghcr.io', username: 'token', password: 't' }])
})

test("docker's own file, in which Docker Hub has another name", () => {
  const auth = Buffer.from('u:p').toString('base64')
  expect(
    dockerConfig([
      { registry: 'docker.io', username: 'u', password: 'p' },
      { registry: 'a.io:5000', username: 'u', password: 'p' },
    ]),
  ).toEqual({
    auths: { 'https://index.docker.io/v1/': { auth }, 'a.io:5000': { auth } },
  })
})

test.each(['ghcr.io', 'localhost:5000', '[::1]:5000', 'REGISTRY.example.com'])('%s is a registry', (name) => {
  expect(registryInputs.registry.read(name)).toBe(name)
})

test.each(['https://ghcr.io', 'ghcr.io/acme', 'a b', 'a:b'])('%s is none', (name) => {
  expect(() => registryInputs.registry.read(name)).toThrow('registry host')
})
