import { expect, test } from '@jest/globals'
import { formatImageReference, imageRepository, parseImageReference } from '../src/index.ts'

const digest = `sha256:${'a1'.repeat(32)}`

test.each([
  ['backend', 'docker.io/library/backend'],
  ['owner/app:1.2', 'docker.io/owner/app:1.2'],
  ['index.docker.io/owner/app', 'docker.io/owner/app'],
  ['docker.io/nginx', 'docker.io/library/nginx'],
  ['ghcr.io/Owner/app', null],
  ['ghcr.io/owner/deep/app:v1', 'ghcr.io/owner/deep/app:v1'],
  ['localhost/app', 'localhost/app'],
  ['localhost:5000/app:1', 'localhost:5000/app:1'],
  ['10.0.0.1:5000/a__b/c-d.e', '10.0.0.1:5000/a__b/c-d.e'],
  ['[fd00::1]:5000/app:1', '[fd00::1]:5000/app:1'],
  [`app:1@${digest}`, `docker.io/library/app:1@${digest}`],
  [`ghcr.io/o/app@${digest}`, `ghcr.io/o/app@${digest}`],
  ['backend:', null],
  [`backend:${digest}`, null],
  ['backend@', null],
  ['backend@sha256:12', null],
  ['/backend:1', null],
  ['', null],
  ['a b', null],
  ['a//b', null],
])('%s is %s in full', (text, full) => {
  if (full === null) expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: 'DA-IMAGE-REFERENCE' }))
  else expect(formatImageReference(parseImageReference(text))).toBe(full)
})

test('a digest in the place of a tag, and an empty tag, are named as that', () => {
  expect(() => parseImageReference(`backend:${digest}`)).toThrow('it has a digest after `:`')
  expect(() => parseImageReference('backend:')).toThrow('is a variable not set?')
})

test.each([
  ['backend:', 'docker.io/library/backend'],
  ['backend@', 'docker.io/library/backend'],
  [`backend:${digest}`, 'docker.io/library/backend'],
  ['ghcr.io/o/app:@', 'ghcr.io/o/app'],
  ['10.0.0.1:5000/app:', '10.0.0.1:5000/app'],
  ['/app', undefined],
  [':tag', undefined],
  ['', undefined],
])('the repository of %j is %s', (text, repository) => {
  expect(imageRepository(text)).toBe(repository)
})
