import { expect, test } from '@jest/globals'
import { buildFailure } from '../src/build-failure.ts'
import { BuildProgress } from '../src/progress.ts'
import type { Target } from '../src/target.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const events = [
  {
    vertexes: [
      {
        digest: 'a',
        name: '[internal] load build definition from Dockerfile',
        started: '2026-01-01T00:00:00Z',
        completed: '2026-01-01T00:00:01Z',
      },
    ],
  },
  { vertexes: [{ digest: 'b', name: '[1/2] FROM x', started: '2026-01-01T00:00:01Z', completed: '2026-01-01T00:00:01Z', cached: true }] },
  { vertexes: [{ digest: 'c', name: '[2/2] RUN make', started: '2026-01-01T00:00:01Z' }] },
  { logs: [{ vertex: 'c', data: base64('one\ntwo: no rule\n') }] },
  {
    vertexes: [
      { digest: 'c', name: '[2/2] RUN make', started: '2026-01-01T00:00:01Z', completed: '2026-01-01T00:00:03.5Z', error: 'exit code: 2' },
    ],
  },
  {
    warnings: [
      { short: base64("FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)"), url: 'https://docs.docker.com/go/x' },
    ],
  },
]
const said = [
  'Dockerfile:4',
  '--------------------',
  '   4 | >>> RUN make',
  '--------------------',
  'ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',
]

// buildx 0.13 writes an object over several lines, newer ones one a line; both mix it with their own words.
test.each([
  ['over several lines', 2],
  ['one a line', 0],
])('progress that is written %s is read the same', (_, indent) => {
  const told: string[] = []
  const progress = new BuildProgress((one) => told.push(one))
  for (const event of events) for (const line of JSON.stringify(event, null, indent).split('\n')) progress.take(line)
  for (const line of said) progress.take(line)
  const facts = progress.facts()
  expect(told).toEqual(['[1/2] FROM x  (cached)', '  one', '  two: no rule', '[2/2] RUN make  (2.5 s)'])
  expect(facts).toMatchObject({ steps: 2, cached: 1, lastWords: ['one', 'two: no rule'], at: { file: 'Dockerfile', line: 4 }, said })
  expect(facts.warnings).toEqual([{ text: expect.stringContaining('FromAsCasing'), url: 'https://docs.docker.com/go/x', line: 1 }])
})

const target = (wanted: object = {}) => ({ name: 'web', wanted: { context: 'web', ...wanted } }) as unknown as Target
function failureOf(lines: string[], wanted: object = {}) {
  const progress = new BuildProgress(() => undefined)
  for (const line of lines) progress.take(line)
  return buildFailure(target(wanted), progress.facts(), 1)
}

test('a failed step is told with image, reason and its line, from the top of the repository', () => {
  expect(failureOf(said)).toMatchObject({
    code: 'DA-BUILD-FAILED',
    message: 'the image "web" cannot be built at web/Dockerfile:4: process "/bin/sh -c make" did not complete successfully: exit code: 2',
    at: { file: 'web/Dockerfile', line: 4 },
  })
  expect(failureOf(said, { file: './docker/web' }).at).toEqual({ file: 'docker/web', line: 4 })
  expect(failureOf(said, { dockerfile: 'FROM x' }).at).toBeUndefined()
  expect(failureOf(said, { context: 'https://github.com/acme/shop.git' }).at).toBeUndefined()
})

test('a program of another platform may say so in the output of its step', () => {
  const progress = new BuildProgress(() => undefined)
  const vertex = {
    digest: 'c',
    name: 'RUN make',
    started: '2026-01-01T00:00:01Z',
    completed: '2026-01-01T00:00:02Z',
    error: 'exit code: 1',
  }
  const data = Buffer.from('exec /bin/sh: exec format error\n').toString('base64')
  for (const event of [{ vertexes: [vertex] }, { logs: [{ vertex: 'c', data }] }]) progress.take(JSON.stringify(event))
  progress.take('ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 1')
  expect(buildFailure(target(), progress.facts(), 1)).toMatchObject({
    code: 'DA-BUILD-PLATFORM',
    message: expect.stringMatching(/exit code: 1: exec \/bin\/sh: exec format error$/),
  })
})

// What buildx 0.13 and BuildKit 0.29 said when each was provoked.
test.each([
  ['failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory', 'DA-BUILD-NO-DOCKERFILE'],
  ['unable to prepare context: path "nodir" not found', 'DA-BUILD-CONTEXT'],
  ['failed to stat /nofile: stat /nofile: no such file or directory', 'DA-BUILD-CONTEXT'],
  ['failed to solve: target stage "zz" could not be found (did you mean a?)', 'DA-BUILD-TARGET'],
  ['failed to solve: write /var/lib/buildkit/x: no space left on device', 'DA-DISK-FULL'],
  ['failed to solve: failed to copy: failed to copy: write /data: disk quota exceeded', 'DA-DISK-FULL'],
  ['failed to solve: process "/bin/sh -c x" did not complete successfully: exec /bin/sh: exec format error', 'DA-BUILD-PLATFORM'],
  [
    'failed to solve: node:22: failed to resolve source metadata for docker.io/library/node:22: no match for platform in manifest: not found',
    'DA-BUILD-PLATFORM',
  ],
  [
    'failed to solve: alpine:3: failed to resolve source metadata for docker.io/library/alpine:3: unexpected status from HEAD request: 429 Too Many Requests',
    'DA-REGISTRY-RATE-LIMIT',
  ],
  [
    'failed to solve: failed to push ghcr.io/a/b: push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    'DA-REGISTRY-PUSH',
  ],
  ['failed to solve: failed to push ghcr.io/a/b: denied: permission_denied: write_package', 'DA-REGISTRY-PUSH'],
  [
    'failed to solve: failed to push ghcr.io/a/b: unexpected status from POST request to https://ghcr.io/v2/a/b/blobs/uploads/: 401 Unauthorized',
    'DA-REGISTRY-PUSH',
  ],
  [
    'failed to solve: failed to push x.invalid/a: failed to do request: Head "https://x.invalid/v2/": dial tcp: lookup x.invalid: no such host',
    'DA-REGISTRY-UNREACHABLE',
  ],
  [
    'failed to solve: failed to push 10.0.0.1:5000/a: failed to do request: Head "https://10.0.0.1:5000/": http: server gave HTTP response to HTTPS client',
    'DA-REGISTRY-UNREACHABLE',
  ],
  ['failed to solve: x/y:1: failed to resolve source metadata for docker.io/x/y:1: docker.io/x/y:1: not found', 'DA-BUILD-BASE'],
  ['failed to solve: base name ($FOO) should not be blank', 'DA-BUILD-FAILED'],
])('%s is %s', (message, code) => {
  expect(failureOf([`ERROR: ${message}`])).toMatchObject({ code, message: expect.stringContaining('the image "web" cannot be built: ') })
})

test('what a registry answers over several lines is told whole', () => {
  const lines = [
    'ERROR: failed to solve: failed to push ghcr.io/a/b: errors:',
    'denied: permission_denied: write_package',
    'unknown: x',
    '',
    'View build details: docker-desktop://x',
  ]
  expect(failureOf(lines)).toMatchObject({
    code: 'DA-REGISTRY-PUSH',
    message: 'the image "web" cannot be built: failed to push ghcr.io/a/b: errors: denied: permission_denied: write_package unknown: x',
  })
})
