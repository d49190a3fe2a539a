import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { inEachShell } from './shells.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-words-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

inEachShell((shell) => {
  const run = (code: string, env = {}) => shell.run(code, { F: join(folder, 'file'), FOLDER: folder, ...env })

  test.each([
    ['one', '1', 0],
    ['path', '/a b/c', 0],
    ['url', 'https://x/?a=b&c=d', 0],
    ['empty', '', 0],
    ['quoted', '\'a\' "b" $HOME \\n `x`', 0],
    ['missing', '', 1],
    ['on', '', 1], // no name is a part of another
  ])('value_of gives %j as it stands', (key, value, status) => {
    writeFileSync(join(folder, 'file'), `one=1\npath=/a b/c\nurl=https://x/?a=b&c=d\nempty=\nquoted='a' "b" $HOME \\n \`x\`\none=2\n`)
    expect(run('value_of "$F" "$KEY"', { KEY: key })).toEqual({ status, stdout: value, stderr: '' })
  })

  test('value_of of a file that is not there says nothing and fails', () => {
    expect(run('value_of "$F" key')).toEqual({ status: 1, stdout: '', stderr: '' })
  })

  test('write_file leaves the old text until the new one is complete', () => {
    writeFileSync(join(folder, 'file'), 'old')
    expect(run('{ printf "new "; cat "$F" >&2; printf text; } | write_file "$F"').stderr).toBe('old')
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('new text')
    expect(readdirSync(folder)).toEqual(['file'])
  })

  test('time is measured since boot: a clock that is a day wrong, or set in between, changes no limit', () => {
    const lying = 'date() { printf 1; }; now_ms; before=$now; date() { printf 99999999999; }; now_ms'
    expect(run(`${lying}; [ $((now - before)) -ge 0 ] && [ $((now - before)) -lt 60000 ] && echo same`).stdout).toBe('same\n')
  })

  test('what is written is for the owner alone', () => {
    run('echo secret | write_file "$F"')
    expect(run('ls -l "$F"').stdout).toMatch(/^-rw-------/)
  })

  test.each([
    ['in_session=yes', ['= x a=1', '. going on', '| one', '|   two', '! DA-X broken'], ''],
    ["in_session=''", ['going on', '    one', '      two'], 'error: broken (DA-X)\n'],
  ])('what the agent says (%s)', (mode, lines, stderr) => {
    const code = `${mode}; event x a=1; progress going on; printf 'one\\n  two' | raw; failure DA-X broken`
    expect(run(code)).toEqual({ status: 0, stdout: `${lines.join('\n')}\n`, stderr })
  })

  test.each([
    ['nothing at all', '', ''],
    ['a line without an end', 'a', '| a\n'],
    ['a line with its end', 'a\n', '| a\n'],
    ['an empty line in the middle', 'a\n\nb\n', '| a\n| \n| b\n'],
  ])('raw gives %s an end and no line more', (_what, text, told) => {
    expect(run('in_session=yes; printf %s "$TEXT" | raw', { TEXT: text }).stdout).toBe(told)
  })

  test('time is milliseconds since boot, and goes on', () => {
    const [first = 0, second = 0] = run('now_ms; echo "$now"; sleep 0.1; now_ms; echo "$now"').stdout.trim().split('\n').map(Number)
    expect(second).toBeGreaterThan(first)
    expect(first).toBeGreaterThan(0)
  })

  test.each([
    ['  HTTP/1.1 200 OK', '200', true],
    ['  HTTP/1.1 204 No Content', '2xx', true],
    ['  HTTP/1.1 204 No Content', '200,204', true],
    ['  HTTP/1.1 302 Found\n  Location: /x\n  HTTP/1.1 200 OK', '3xx', true],
    ['  HTTP/1.1 302 Found\n  HTTP/1.1 200 OK', '200', false], // the first answer counts, not where it leads
    ['  HTTP/1.1 301 Moved', '2xx,3xx', true],
    ['  HTTP/1.1 503 Service Unavailable', '2xx,3xx', false],
    ['wget: server returned error: HTTP/1.1 404 Not Found', '404', true],
    ['  HTTP/1.0 200', '200', true],
    ['  HTTP/2 200', '200', true],
    ["wget: can't connect to remote host (10.0.0.2): Connection refused", '2xx', false],
    ['', '2xx', false],
  ])('an answer %j to a check that wants %s: %s', (probe, wanted, right) => {
    writeFileSync(join(folder, 'probe'), `Connecting to 10.0.0.2:8000\n${probe}\n`)
    expect(run('probe=$FOLDER/probe; answered "$WANTED"', { WANTED: wanted }).status).toBe(right ? 0 : 1)
  })

  test('while a function runs as a step, nobody but the agent has the lock open', () => {
    const look = `look() { ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c -- "-> $F\\$"; }`
    expect(run(`${look}; run=$FOLDER; exec 9>>"$F"; step look; cat "$run/out"`).stdout).toBe('1\n')
  })

  test('what was started is not remembered as it was before', () => {
    const docker = '#!/bin/sh\n[ "$1" = start ] || echo "1|shop|web|$STATE|False|n|||"\n'
    writeFileSync(join(folder, 'docker'), docker, { mode: 0o755 })
    const code = `run=$FOLDER project=shop PATH=$FOLDER:$PATH; export STATE=created; before=$(running_of shop)
      STATE=running; kept=$(running_of shop); (docker start 1); echo "$before,$kept,$(running_of shop)"`
    expect(run(code).stdout).toBe(',,1\n')
  })

  const upstream = (address: string, requests: number) => ({ address, num_requests: requests, fails: 0 })
  test.each([
    ['of one slot, streams apart', [upstream('shop-web-blue:8000', 3), upstream('shop-web-blue-stream:8000', 1)], '3 1'],
    ['of all its services together', [upstream('shop-web-blue:8000', 3), upstream('shop-api-blue:9000', 4)], '7 0'],
    ['not of the other slot', [upstream('shop-web-blue:8000', 0), upstream('shop-web-green:8000', 5)], '0 0'],
    ['not of a service that is named like a slot', [upstream('shop-blue-green:1', 5), upstream('shop-web-blue:8000', 2)], '2 0'],
    ['where the edge does not know the slot', [upstream('shop-web-green:8000', 5)], ''],
    ['where there is nothing', [], ''],
  ])('requests that the edge counts: %s', (_what, upstreams, counted) => {
    // As Caddy writes it: in one line with an end.
    const code = 'run=$FOLDER; echo "$ANSWER" >"$run/upstreams"; count_requests blue'
    expect(run(code, { ANSWER: JSON.stringify(upstreams) })).toEqual({ status: 0, stdout: counted, stderr: '' })
  })

  test('an edge that does not answer counts nothing', () => {
    expect(run('run=$FOLDER; : >"$run/upstreams"; count_requests blue').stdout).toBe('')
  })
})
