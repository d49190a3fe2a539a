import { describe, expect, test } from '@jest/globals'
import { formatBuildRecord, matchImages, parseBuildRecord, suppliedByBuild, variantOf } from '../src/index.ts'

const digest = `sha256:${'b'.repeat(64)}`
const image = { ref: 'ghcr.io/o/app', digest, platforms: ['linux/amd64', 'linux/arm64/v8'], tags: ['v1'] }
const build = {
  schema: 1,
  commit: 'c'.repeat(40),
  committedAt: '2026-01-31T09:30:00+02:00',
  repository: 'o/r',
  run: { id: '12', attempt: 1, url: 'https://github.com/o/r/actions/runs/12' },
  images: { web: image },
}
const parse = (changes: object) => parseBuildRecord(JSON.stringify({ ...build, ...changes }))

test('a record reads back as it was written', () => {
  expect(parseBuildRecord(formatBuildRecord(parse({})))).toEqual(build)
})

test('commit time, repository, run and tags may be missing', () => {
  const record = parse({ committedAt: undefined, repository: undefined, run: undefined, images: { web: { ...image, tags: undefined } } })
  expect(record).toEqual({
    schema: 1,
    commit: build.commit,
    committedAt: null,
    images: { web: { ref: image.ref, digest, platforms: image.platforms } },
  })
})

test('keys that a later version adds are dropped, short names are written in full, a number is a fine run id', () => {
  const record = parse({ later: 1, run: { ...build.run, id: 12 }, images: { web: { ...image, ref: 'nginx', later: 1 } } })
  expect(record).toEqual({ ...build, images: { web: { ...image, ref: 'docker.io/library/nginx' } } })
})

test.each([
  ['not JSON', 'nonsense', 'it is not JSON'],
  ['a later schema', { schema: 2 }, '`schema` must be 1'],
  ['a short commit', { commit: 'abc' }, '`commit` must be the 40 hex digits'],
  ['a missing commit', { commit: undefined }, '`commit` is missing'],
  ['a bad time', { committedAt: 'yesterday' }, '`committedAt` must be a time'],
  ['no image', { images: {} }, '`images` must hold at least one image'],
  ['a tag for a digest', { images: { web: { ...image, digest: 'v1' } } }, '`images.web.digest` must be `sha256:`'],
  ['a ref with a tag', { images: { web: { ...image, ref: 'app:1' } } }, '`images.web.ref` must be a registry and a repository'],
  ['no platform', { images: { web: { ...image, platforms: [] } } }, '`images.web.platforms` must name at least one'],
  ['a list of images', { images: [] }, '`images`'],
])('%s is refused with its place', (_, changes, message) => {
  const read = () => (typeof changes === 'string' ? parseBuildRecord(changes) : parse(changes))
  expect(read).toThrow(expect.objectContaining({ code: 'DA-BUILD-INVALID', message: expect.stringContaining(message) }))
})

test('all mistakes are reported together', () => {
  expect(() => parse({ commit: 'x', images: { web: { ...image, digest: 'y' } } })).toThrow(/`commit`.*`images\.web\.digest`/)
})

describe('variants of one commit, one for each environment', () => {
  const one = (letter: string, variant?: string) => ({
    ref: 'ghcr.io/owner/web',
    digest: `sha256:${letter.repeat(64)}`,
    platforms: ['linux/amd64'],
    ...(variant !== undefined && { variant }),
  })
  const build = parseBuildRecord(
    JSON.stringify({
      schema: 1,
      commit: 'a'.repeat(40),
      created: '2026-01-31T09:30:00.000Z',
      images: {
        api: { ...one('1'), ref: 'ghcr.io/owner/api' },
        'web.staging': one('2', 'staging'),
        'web.production': one('3', 'production'),
      },
    }),
  )

  test('of a build the one environment takes its own, under the name of the image', () => {
    const { images } = variantOf(build, 'Production')
    expect(Object.entries(images).map(([name, { digest }]) => [name, digest[7]])).toEqual([
      ['api', '1'],
      ['web', '3'],
    ])
  })

  test('an environment without one is told which there are', () => {
    expect(() => variantOf(build, 'demo')).toThrow(
      expect.objectContaining({ code: 'DA-BUILD-VARIANT', message: expect.stringContaining('there are staging, production') }),
    )
  })

  test('a service gets the image of the variant that is asked for', () => {
    const { images } = matchImages({ supplied: suppliedByBuild(build, 'production'), services: { web: { image: 'ghcr.io/owner/web' } } })
    expect(images.get('web')?.reference.digest?.[7]).toBe('3')
  })

  test('who does not choose does not get any', () => {
    expect(() => matchImages({ supplied: suppliedByBuild(build), services: { web: { image: 'ghcr.io/owner/web' } } })).toThrow(
      expect.objectContaining({ code: 'DA-IMAGES-AMBIGUOUS' }),
    )
  })
})
