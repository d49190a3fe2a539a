import { expect, test } from '@jest/globals'
import type { Deployment, DeploymentPayload } from '../src/index.ts'
import { lastReleases } from '../src/last-releases.ts'

let id = 0

/** One of ours: the letter stands for its images. */
function ours(letter: string, more: Partial<DeploymentPayload> = {}, environment = 'production'): Deployment {
  id += 1
  const images = letter === '' ? {} : { web: `ghcr.io/acme/web@sha256:${letter.repeat(64)}` }
  const payload: DeploymentPayload = {
    ...{ release: `release ${id}`, previous: '', app: 'web', target: 'compose-ssh', via: 'deploy', serves: true, images, env: [] },
    ...more,
  }
  return { id, commit: `commit ${id}`, environment, creator: '', createdAt: '', payload }
}

const theirs = (commit: string): Deployment => ({ ...ours(''), commit, payload: undefined })

/** What is kept of these, which are told from the oldest to the newest. */
const kept = (count: number, ...all: readonly Deployment[]) => new Set(lastReleases(all.toReversed(), count))

test('records that GitHub writes for a job do not push ours out, and ours do not push those out', () => {
  const [mine, other] = [ours('a'), theirs('x')]
  const nights = Array.from({ length: 9 }, (_, night) => theirs(`night ${night}`))
  expect(kept(5, mine, ...nights)).toContain(mine)
  expect(kept(5, other, ...'bcdefgh'.split('').map((letter) => ours(letter)))).toContain(other)
  expect(kept(5, other, ...nights)).not.toContain(other)
})

test('each app of an environment has a count of its own', () => {
  const api = ours('a', { app: 'api' })
  expect(kept(2, api, ours('b'), ours('c'), ours('d'))).toContain(api)
})

test('a release that is deployed again and again is one', () => {
  const before = ours('a')
  expect(kept(2, before, ...'bbbbbb'.split('').map((letter) => ours(letter)))).toContain(before)
  expect(kept(2, before, ours('b'), ours('c'))).not.toContain(before)
})

test('without images a release is its commit', () => {
  const before = ours('')
  expect(kept(2, before, ours(''))).toContain(before)
  expect(kept(2, before, ours(''), ours(''))).not.toContain(before)
})

test('one that was not seen to serve stays, does not count, and goes when enough others served after it', () => {
  const [before, unseen] = [ours('a'), ours('b', { serves: false })]
  expect(kept(2, before, unseen, ours('d'))).toContain(before)
  expect(kept(2, before, unseen, ours('d'))).toContain(unseen)
  expect(kept(2, before, unseen, ours('d'), ours('e'))).not.toContain(unseen)
})
