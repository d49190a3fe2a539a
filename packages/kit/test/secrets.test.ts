import { createOutputs, createSecrets, UserError } from '@deploy-actions/kit'
import { FakeRunner } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

const secret = 'p@ss "word"/?+ü'

test.each([
  ['itself', secret],
  ['JSON', JSON.stringify({ password: secret })],
  ['a URL', `postgres://app:${encodeURIComponent(secret)}@db/app`],
  ['a form', `password=${encodeURIComponent(secret).replaceAll('%20', '+')}`],
  ['a query of URLSearchParams', new URLSearchParams({ a: secret }).toString()],
  ['a query as it is written', new URL(`https://shop/?q=${secret.replaceAll('#', '')}`).href],
  ['a path', new URL('https://shop/x').href.replace('x', encodeURI(secret).replaceAll('?', '%3F'))],
  ['base64', Buffer.from(secret).toString('base64')],
  ['base64 of a basic login', Buffer.from(`user:${secret}`).toString('base64')],
  ['base64 with the other two offsets', Buffer.from(`us:${secret}`).toString('base64')],
  ['base64url', Buffer.from(`me:${secret}:x`).toString('base64url')],
])('a secret inside %s is found', (_name, text) => {
  const secrets = createSecrets()
  secrets.add(secret)
  expect(secrets.found(text)).toBe(true)
  expect(secrets.redact(text)).toContain('***')
})

test('each long line of a key is masked by itself, its frame is not', () => {
  const secrets = createSecrets()
  secrets.add('-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXkt\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n')
  expect(secrets.redact('b3BlbnNzaC1rZXkt')).toBe('***')
  expect(secrets.redact('AAAA')).toBe('AAAA')
  expect(secrets.redact('-----BEGIN OPENSSH PRIVATE KEY-----')).toBe('-----BEGIN OPENSSH PRIVATE KEY-----')
})

test('the longer of two overlapping secrets is replaced as a whole', () => {
  const secrets = createSecrets()
  secrets.add('token')
  secrets.add('token-and-more')
  expect(secrets.redact('x token-and-more y')).toBe('x *** y')
})

test('the runner is told each form once', () => {
  const told: string[] = []
  const secrets = createSecrets((form) => told.push(form))
  secrets.add('hunter2!')
  secrets.add('hunter2!')
  expect(told).toContain('hunter2!')
  expect(new Set(told).size).toBe(told.length)
})

test('values that are too short to be a secret mask nothing', () => {
  const secrets = createSecrets()
  secrets.add('')
  secrets.add('yes')
  expect(secrets.redact('yes')).toBe('yes')
})

test('an output that holds a secret is refused by name', () => {
  const secrets = createSecrets()
  secrets.add('acme-registry')
  const runner = new FakeRunner()
  const outputs = createOutputs(runner, secrets)
  outputs.set('status', 'deployed')
  expect(() => outputs.set('images', { web: 'r.io/acme-registry/web' })).toThrow(UserError)
  expect(() => outputs.set('images', 'acme-registry')).toThrow(/output `images`(?!.*acme)/)
  expect([...runner.outputs]).toEqual([['status', 'deployed']])
})

test('an output that is meant to be secret is handed on, and masked from then on', () => {
  const secrets = createSecrets()
  const runner = new FakeRunner()
  const outputs = createOutputs(runner, secrets)
  outputs.setSecret('header', 'acme-token', 'X-Token: acme-token')
  outputs.setSecret('none', '')
  expect([...runner.outputs]).toEqual([
    ['header', 'X-Token: acme-token'],
    ['none', ''],
  ])
  expect(secrets.redact('with acme-token')).toBe('with ***')
  expect(() => outputs.set('status', 'acme-token')).toThrow(UserError)
})

test('a suspect is taken out of foreign lines only, and is found in no output', () => {
  const announced: string[] = []
  const secrets = createSecrets((form) => announced.push(form))
  secrets.add('hunter2-hunter2')
  secrets.suspect('first "line"\nproduction')
  secrets.suspect('short')
  expect(secrets.redactForeign('at first "line" {"v":"first \\"line\\"\\nproduction"} short hunter2-hunter2')).toBe(
    'at *** {"v":"***"} short ***',
  )
  expect(secrets.redact('in production')).toBe('in production')
  expect([secrets.found('production'), announced.some((form) => form.includes('production'))]).toEqual([false, false])
})
