import { FakeClock, FakeLog, inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { build } from '../src/build.ts'
import type { Docker } from '../src/docker.ts'
import { inputs } from '../src/inputs.ts'
import type { Target } from '../src/target.ts'
import { targetsOf } from '../src/targets.ts'
import type { WorkFolder } from '../src/work-folder.ts'
import { factsOf } from './facts.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

/** A build whose runs of buildx end with these errors, the one after them well. */
async function built(...errors: string[]) {
  const given = inputsOf('build-push-ghcr', inputs, {})
  const log = new FakeLog()
  let runs = 0
  const docker = {
    run: async (_args: readonly string[], { onLine }: { onLine?: (line: string) => void } = {}) => {
      const error = errors[runs++]
      for (const line of error?.split('\n') ?? []) onLine?.(line)
      return { code: error === undefined ? 0 : 1, stdout: '', stderr: '' }
    },
  } as unknown as Docker
  const work = { write: (name: string) => name, read: () => JSON.stringify({ 'containerimage.digest': DIGEST }) } as unknown as WorkFolder
  const about = { inputs: given, builder: { name: 'b', platforms: ['linux/amd64'] }, provenance: true, readOnlyCache: false, gitToken: '' }
  const ended = build(targetsOf(given, factsOf())[0] as Target, about, { docker, work, log, clock: new FakeClock() })
  const failure = await ended.then(
    () => undefined,
    (error: unknown) => error as { code: string },
  )
  return { runs, failure, log, digest: failure === undefined ? (await ended).digest : undefined }
}

const pushFailed = (why: string) => `ERROR: failed to build: failed to solve: failed to push ghcr.io/acme/shop: ${why}`
// What distribution 2.8 said to two pushes into one repository at the same moment.
const RACE = pushFailed(`errors:\nunknown: provided digest did not match uploaded content\nunknown: blob unknown to registry - ${DIGEST}`)

test.each([
  RACE,
  pushFailed('unexpected status from PUT request to https://ghcr.io/v2/acme/shop/blobs/upload/1: 502 Bad Gateway'),
  pushFailed('failed to copy: failed to do request: Put "https://ghcr.io/v2/acme/shop": write tcp: connection reset by peer'),
])('what a registry did not keep is pushed once more: %s', async (error) => {
  const { runs, digest, log } = await built(error)
  expect([runs, digest]).toEqual([2, DIGEST])
  expect(log.text('warning')).toContain('pushed once more')
})

test('once, not for ever', async () => {
  const { runs, failure } = await built(RACE, RACE, RACE)
  expect([runs, failure?.code]).toEqual([2, 'DA-BUILD-FAILED'])
})

test.each([
  pushFailed('denied: permission_denied: write_package'),
  pushFailed('unexpected status from POST request to https://ghcr.io/v2/acme/shop/blobs/uploads/: 401 Unauthorized'),
  'ERROR: failed to solve: process "/bin/sh -c curl https://x.example.com" did not complete successfully: exit code: 22: 502',
])('what would end the same way is not tried again: %s', async (error) => {
  expect((await built(error)).runs).toBe(1)
})
