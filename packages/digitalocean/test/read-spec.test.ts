import { readSpec } from '@deploy-actions/digitalocean'
import { expect, test } from '@jest/globals'

test('a spec is read as it stands, without keys that have no value', () => {
  const text = 'name: shop\nservices:\n- name: web\n  instance_count: 2\n  envs:\n  jobs: null\nfuture: { a: [1, x] }\n'
  expect(readSpec(text, 'app.yaml')).toEqual({ name: 'shop', services: [{ name: 'web', instance_count: 2 }], future: { a: [1, 'x'] } })
})

test.each([
  ['a deploy template', 'spec:\n  name: shop\n  services: []\n'],
  ['what the API answers', '{"app": {"id": "1", "spec": {"name": "shop", "services": []}}}'],
  ['a file of an editor of Windows', '\uFEFFname: shop\r\nservices: []\r\n'],
])('%s is read too', (_, text) => {
  expect(readSpec(text, 'app.yaml')).toEqual({ name: 'shop', services: [] })
})

test('values of variables and versions stay the texts that were written, values of alerts stay numbers', () => {
  const text = `
name: shop
envs:
- { key: ONE, value: 1.10 }
- { key: YES, value: true }
- { key: OCTAL, value: 0755 }
- key: CIPHER
  value: EV[1:abc:def==]
  type: SECRET
databases:
- { name: db, version: 16 }
services:
- name: web
  image: { tag: 1.20 }
  alerts: [{ rule: CPU_UTILIZATION, value: 80 }]
  http_port: 8080
`
  const spec = readSpec(text, 'app.yaml')
  expect(spec.envs).toMatchObject([{ value: '1.10' }, { value: 'true' }, { value: '0755' }, { value: 'EV[1:abc:def==]' }])
  expect(spec).toMatchObject({
    databases: [{ version: '16' }],
    services: [{ image: { tag: '1.20' }, alerts: [{ value: 80 }], http_port: 8080 }],
  })
})

test('anchors and merge keys mean what they mean in YAML', () => {
  const text = 'name: shop\nservices:\n- &web\n  name: web\n  http_port: 80\nworkers:\n- <<: *web\n  name: worker\n'
  expect(readSpec(text, 'app.yaml').workers).toEqual([{ name: 'worker', http_port: 80 }])
})

test.each([
  ['', /it is empty/],
  ['- a\n', /it is no app spec/],
  ['just a text', /it is no app spec/],
  ['name: a\n---\nname: b\n', /several documents/],
  ['name: [\n', /cannot be used/],
])('%j is refused', (text, message) => {
  expect(() => readSpec(text, 'app.yaml')).toThrow(message)
})
