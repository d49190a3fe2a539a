import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { inEachShell } from './shells.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-pull-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What Docker says of a registry that does this, and what becomes of the pull. */
const FAULTS = [
  ['limits requests (429)', 'toomanyrequests: You have reached your pull rate limit.', 3, 'DA-REGISTRY-RATE-LIMIT'],
  ['is broken (500)', 'Error response from daemon: received unexpected HTTP status: 500 Internal Server Error', 3, 'DA-IMAGE-PULL'],
  ['is overloaded (503)', 'Error response from daemon: received unexpected HTTP status: 503 Service Unavailable', 3, 'DA-IMAGE-PULL'],
  ['cuts a layer', 'Error response from daemon: unexpected EOF', 3, 'DA-IMAGE-PULL'],
  ['does not answer', 'Get "https://r.io/v2/": net/http: TLS handshake timeout', 3, 'DA-IMAGE-PULL'],
  ['hangs up', 'read tcp 10.0.0.1:44: connection reset by peer', 3, 'DA-IMAGE-PULL'],
  ['wants a login (401)', 'unauthorized: authentication required', 1, 'DA-REGISTRY-AUTH'],
  ['refuses (403)', 'denied: permission_denied: read_package', 1, 'DA-REGISTRY-AUTH'],
  ['has no such image', 'manifest unknown: manifest unknown', 1, 'DA-REGISTRY-NOT-FOUND'],
  ['brings more than there is room for', 'write /var/lib/docker/tmp/x: no space left on device', 1, 'DA-HOST-DISK'],
  ['has 500 in a digest that it has not', 'manifest for r.io/web@sha256:500502503 not found', 1, 'DA-REGISTRY-NOT-FOUND'],
] as const

inEachShell((shell) => {
  const pull = (docker: string) =>
    shell.run(
      `run=$F; in_session=yes; stoppable=''; interrupted=''; pause() { echo "pause $1" >>"$F/pauses"; }
      docker() { case $1 in image) return 1 ;; esac; echo asked >>"$F/asked"; ${docker}; }
      pull_images r.io/web@sha256:1; code=$?; grep -c . "$F/asked"; exit $code`,
      { F: folder },
    )

  test.each(FAULTS)('a registry that %s is asked as often as makes sense, and told as that', (_what, said, times, code) => {
    const { status, stdout } = pull(`echo '${said}' >&2; return 1`)
    const [failure] = /! (DA-\S+)/.exec(stdout)?.slice(1) ?? []
    expect([status, failure, stdout.trim().split('\n').at(-1)]).toEqual([1, code, String(times)])
  })

  test('a registry that is well again after a moment is no failure', () => {
    const { status, stdout } = pull(`[ "$(grep -c . "$F/asked")" -gt 2 ] || { echo 'unexpected EOF' >&2; return 1; }`)
    expect([status, stdout.trim().split('\n')]).toEqual([0, ['. pulling r.io/web@sha256:1', '3']])
  })
})
