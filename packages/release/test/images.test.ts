import { expect, test } from '@jest/globals'
import { type BuildRecord, formatImageReference, matchImages, parseSuppliedImages, suppliedByBuild } from '../src/index.ts'

const one = `sha256:${'1'.repeat(64)}`
const two = `sha256:${'2'.repeat(64)}`
const built = (ref: string, digest: string) => ({ ref, digest, platforms: ['linux/amd64'] })
const supply = (images: BuildRecord['images']) => suppliedByBuild({ schema: 1, commit: '0'.repeat(40), committedAt: null, images })
const matched = (request: Parameters<typeof matchImages>[0]) =>
  Object.fromEntries([...matchImages(request).images].map(([service, { reference }]) => [service, formatImageReference(reference)]))

test('lines of `images` keep digest and tag; neither means latest', () => {
  const lines = [`web=ghcr.io/o/web@${one}`, 'api = o/api:v1', `both=o/both:v1@${two}`, 'bare=o/bare']
  expect(parseSuppliedImages(lines).map(({ name, reference }) => `${name} ${formatImageReference(reference)}`)).toEqual([
    `web ghcr.io/o/web@${one}`,
    'api docker.io/o/api:v1',
    `both docker.io/o/both:v1@${two}`,
    'bare docker.io/o/bare:latest',
  ])
})

test('wrong lines of `images` are reported together', () => {
  const read = () => parseSuppliedImages(['web', 'api=', 'api=', `x=o/x:${one}`, 'y=o/y:1', 'y=o/y:2'])
  expect(read).toThrow(expect.objectContaining({ code: 'DA-IMAGES-INVALID' }))
  for (const part of ['"web" is not', '"api" has no image', 'digest after `:`', '"y" is named twice']) expect(read).toThrow(part)
})

test('services match by repository, also where an unset variable broke the reference', () => {
  const supplied = supply({ backend: built('docker.io/library/backend', one), web: built('ghcr.io/o/web', two) })
  const services = {
    backend: { image: 'backend:' },
    worker: { image: `backend:${one}` },
    beat: { image: 'backend@' },
    web: { image: 'ghcr.io/o/web:latest' },
    db: { image: 'postgres:16' },
  }
  const backend = `docker.io/library/backend@${one}`
  expect(matched({ supplied, services })).toEqual({ backend, worker: backend, beat: backend, web: `ghcr.io/o/web@${two}` })
})

test('a service without a usable image matches by its name, one with another repository does not', () => {
  const supplied = supply({ web: built('ghcr.io/o/web', one), db: built('ghcr.io/o/db', two) })
  expect(matched({ supplied, services: { web: {}, db: { image: 'postgres' } } })).toEqual({ web: `ghcr.io/o/web@${one}` })
  expect(matched({ supplied, services: { web: { image: '/web:1' } } })).toEqual({ web: `ghcr.io/o/web@${one}` })
  expect(matchImages({ supplied, services: { web: {} } }).unused).toEqual(['db'])
})

test('`images` wins over the build and over the repository', () => {
  const supplied = [...supply({ web: built('ghcr.io/o/web', one) }), ...parseSuppliedImages([`web=other/web@${two}`])]
  expect(matched({ supplied, services: { web: { image: 'ghcr.io/o/web' } } })).toEqual({ web: `docker.io/other/web@${two}` })
})

test('a service that `images` names and the file lacks is refused', () => {
  const supplied = parseSuppliedImages([`wbe=o/web@${one}`])
  expect(() => matchImages({ supplied, services: { web: {} } })).toThrow(
    expect.objectContaining({
      code: 'DA-IMAGES-SERVICE-UNKNOWN',
      message: expect.stringContaining('"wbe"'),
      hint: expect.stringContaining('web'),
    }),
  )
})

test('several images of one repository go by name, and are refused where the name does not decide', () => {
  const supplied = supply({ staging: built('o/web', one), production: built('o/web', two) })
  expect(matched({ supplied, services: { production: { image: 'o/web' } } })).toEqual({ production: `docker.io/o/web@${two}` })
  expect(() => matchImages({ supplied, services: { web: { image: 'o/web' } } })).toThrow(
    expect.objectContaining({ code: 'DA-IMAGES-AMBIGUOUS' }),
  )
})
