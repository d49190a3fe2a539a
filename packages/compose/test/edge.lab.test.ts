import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { assetsLine, routeLine } from '../src/index.ts'
import { docker, EdgeStage, SECRET } from './edge-stage.ts'
import { planShop, shop, textOf } from './shop.ts'

// The edge's configuration in the Caddy that Debian has and in a current one: two slots that answer with their name, and the flag.

const plan = planShop({
  balancer: { port: 80, path: '/up' },
  assets: [assetsLine.read('web: /static/* from /app/static')],
  routes: [...shop().routes, routeLine.read('example.test -> web:8000'), routeLine.read('example.test/api* -> api:9000')],
})
const stage = new EdgeStage('compose')
const { folder, name } = stage
const inEdge = stage.inEdge.bind(stage)
const get = stage.get.bind(stage)
const flag = stage.flag.bind(stage)
const agent = readFileSync(`${import.meta.dirname}/../../agent/src/sh/47-answers.sh`, 'utf8')
const SUM = /sum_answers='([^']*)'/.exec(agent)?.[1] ?? ''
const secret = `X-Deploy-Candidate: ${SECRET}`

describe.each(['debian', 'current'] as const)('Caddy: %s', (kind) => {
  beforeAll(() => stage.start(kind, textOf(plan, 'Caddyfile')))
  afterAll(() => stage.stop())

  test('accepts the file, and would write it so itself', () => {
    inEdge('caddy', 'validate', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile')
    inEdge('sh', '-c', 'caddy fmt /etc/caddy/Caddyfile | cmp - /etc/caddy/Caddyfile')
  })
  test('no release is live: 503 with a time to come back; the candidate is blue', () => {
    const answer = inEdge('sh', '-c', "printf 'GET / HTTP/1.0\\r\\nHost: web\\r\\n\\r\\n' | nc 127.0.0.1 8000") // wget shows no headers of a 503
    expect(answer).toMatch(/503 Service Unavailable[\s\S]*Retry-After: 2/)
    expect(get('http://127.0.0.1:8000/', secret)).toContain('web-blue')
  })
  test('a rename switches all listeners; the candidate is the other slot; a wrong secret is none', () => {
    flag('none', 'blue')
    for (const [slot, other] of [
      ['blue', 'green'],
      ['green', 'blue'],
    ] as const) {
      if (slot === 'green') flag('blue', 'green')
      expect(get('http://127.0.0.1:8000/')).toContain(`web-${slot}`)
      expect(get('http://127.0.0.1:9000/')).toContain(`api-${slot}`)
      expect(get('http://127.0.0.1:10080/')).toContain(`web-${slot}`)
      expect(get('http://127.0.0.1:8000/', secret)).toContain(`web-${other}`)
      expect(get('http://127.0.0.1:8000/', 'X-Deploy-Candidate: guess')).toContain(`web-${slot}`)
    }
  })
  test('the app never sees the secret, and believes by name but not in public', () => {
    const sent = [secret, 'X-Forwarded-Proto: https', 'X-Forwarded-For: 203.0.113.9']
    expect(get('http://127.0.0.1:8000/', ...sent)).toContain('X-Saw: |https|203.0.113.9, 127.0.0.1')
    expect(get('http://127.0.0.1:18580/', ...sent)).toContain('X-Saw: |http|127.0.0.1')
  })
  test('routes of a host name go by path; the plain port sends to https; verification stays within', () => {
    expect(get('http://127.0.0.1:2020/api/x', 'Host: example.test')).toContain('api-')
    expect(get('http://127.0.0.1:2020/x', 'Host: example.test', 'X-Forwarded-Proto: https')).toMatch(/\|https\|[\s\S]*web-/)
    expect(get('http://127.0.0.1:2020/x', 'Host: other:8080')).toContain('web-')
    expect(
      inEdge('sh', '-c', `wget -S -O /dev/null --header "Host: example.test" http://127.0.0.1:10080/x 2>&1 | grep -i location`),
    ).toContain('https://example.test/x')
    const asked = `timeout 3 wget -q -O - http://${stage.addressOf('edge')}:2020/ 2>&1 || echo refused`
    expect(docker('exec', `${name}-blue`, 'sh', '-c', asked)).toContain('refused')
  })
  test('a file that only a kept release has is served below its path, to GET and HEAD, and as what it is', () => {
    const kept = `${folder}/switch/.assets-a/web`
    mkdirSync(`${kept}/static`, { recursive: true })
    symlinkSync('.assets-a', `${folder}/switch/.assets`)
    for (const file of ['app.old.js', 'app.new.js', 'page.html']) writeFileSync(`${kept}/static/${file}`, `kept ${file}`)
    writeFileSync(`${kept}/beside.js`, 'hidden')
    const ask = (path: string, method = 'GET', ...more: string[]) => {
      const request = [`${method} ${path} HTTP/1.0`, 'Host: other', 'Content-Length: 0', ...more].join('\\r\\n')
      return inEdge('sh', '-c', `{ printf '${request.replaceAll('%', '%%')}\\r\\n\\r\\n'; sleep 0.5; } | nc 127.0.0.1 10080`)
    }
    expect(ask('/static/app.old.js')).toMatch(/ 200 OK[\s\S]*Content-Type: text\/javascript[\s\S]*\nkept app\.old\.js$/)
    expect(ask('/static/app.old.js?v=1')).toContain('kept app.old.js')
    expect(ask('/static/app.old.js', 'GET', 'X-Spa: 1')).toContain('kept app.old.js')
    expect(ask('/static/app.old.js', 'HEAD')).toMatch(/ 200 OK[\s\S]*Content-Length: 15/)
    expect(ask('/static/app.new.js')).toMatch(/web-(blue|green)$/)
    expect(ask('/static/app.old.js', 'POST')).toMatch(/ 404 Not Found[\s\S]*gone$/)
    for (const path of ['/static/none.js', '/static/page.html', '/static/', '/static/%2e%2e/beside.js', '/static/../../../blue'])
      expect(ask(path)).not.toMatch(/kept|hidden/)
    expect(ask('/beside.js')).toMatch(/web-(blue|green)$/)
    rmSync(`${folder}/switch/.assets`)
    expect(ask('/static/app.old.js')).toMatch(/ 404 Not Found[\s\S]*gone$/)
    rmSync(`${folder}/switch/.assets-a`, { recursive: true })
  })
  test('under maintenance visitors get 503 and the page, whatever they send; calls by name and the verification go on', () => {
    const visit = (...request: string[]) => inEdge('sh', '-c', `printf '${request.join('\\r\\n')}\\r\\n\\r\\n' | nc 127.0.0.1 10080`)
    writeFileSync(`${folder}/switch/maintenance.html`, '<h1>Back soon</h1>')
    expect(visit('GET /x?y=1 HTTP/1.0', 'Host: other')).toMatch(/503 Service Unavailable[\s\S]*Retry-After: 120[\s\S]*Back soon/)
    expect(visit('POST /x HTTP/1.0', 'Host: other', 'Content-Length: 0')).toContain('503 Service Unavailable')
    expect(get('http://127.0.0.1:8000/')).toContain('web-')
    expect(get('http://127.0.0.1:2020/x', 'Host: other:8080')).toContain('web-')
    rmSync(`${folder}/switch/maintenance.html`)
    expect(get('http://127.0.0.1:10080/', 'Host: other')).toContain('web-')
  })
  test('taken out, only the balancer is told so: its own path, at every depth, and not what somebody else asks for', () => {
    const visit = (path: string, ...more: string[]) => {
      const request = [`GET ${path} HTTP/1.0`, 'Host: other', ...more].join('\\r\\n')
      return inEdge('sh', '-c', `{ printf '${request}\\r\\n\\r\\n'; sleep 0.3; } | nc 127.0.0.1 10080`)
    }
    for (const path of ['/up', '/', '/deep/up']) {
      const file = `${folder}/switch/.out${path}.out`
      mkdirSync(file.replace(/\/[^/]*$/, ''), { recursive: true })
      writeFileSync(file, '')
      expect(visit(path)).toContain('503 Service Unavailable')
      expect(visit(path, 'X-Forwarded-For: 203.0.113.9')).toMatch(/ 200 OK/)
      for (const other of ['/upp', '/up/x', '/x', '/deep', `${path}.out`]) expect(visit(other)).toMatch(/ 200 OK/)
      expect(get(`http://127.0.0.1:8000${path}`)).toContain('web-')
      rmSync(`${folder}/switch/.out`, { recursive: true })
      expect(visit(path)).toMatch(/ 200 OK/)
    }
  })
  test("the answers of all listeners are counted, in the agent's own words; those of the verification are not", () => {
    const counted = () => inEdge('sh', '-c', 'wget -q -O - http://127.0.0.1:2019/metrics | awk "$1"', 'sh', SUM).split(' ').map(Number)
    const [all = 0, bad = 0] = counted()
    for (const port of [8000, 8000, 9000, 10080, 2020]) get(`http://127.0.0.1:${port}/`)
    expect(counted().slice(0, 2)).toEqual([all + 4, bad])
    flag('green', 'none')
    get('http://127.0.0.1:8000/')
    get('http://127.0.0.1:2020/')
    flag('none', 'green')
    expect(counted().slice(0, 2)).toEqual([all + 5, bad + 1])
  })
  test('asked to close, it tells clients to come with a new connection, but not those who change the protocol', () => {
    const ask = (...more: string[]) => {
      const request = ['GET / HTTP/1.1', 'Host: web', ...more].join('\\r\\n')
      return inEdge('sh', '-c', `{ printf '${request}\\r\\n\\r\\n'; sleep 1; } | nc 127.0.0.1 8000`)
    }
    expect(ask()).not.toContain('Connection: close')
    writeFileSync(`${folder}/switch/closing`, '')
    expect(ask()).toMatch(/ 200 OK[\s\S]*Connection: close/)
    expect(ask('Connection: Upgrade', 'Upgrade: websocket')).not.toContain('Connection: close')
    rmSync(`${folder}/switch/closing`)
  })
  test('streams are dialled, and so counted, under a name of their own', () => {
    get('http://127.0.0.1:8000/', 'Accept: text/event-stream')
    get('http://127.0.0.1:8000/', 'Upgrade: websocket')
    const upstreams: { address: string }[] = JSON.parse(inEdge('wget', '-q', '-O', '-', 'http://127.0.0.1:2019/reverse_proxy/upstreams'))
    expect(upstreams.map(({ address }) => address)).toEqual(
      expect.arrayContaining(['shop-web-green:8000', 'shop-web-green-stream:8000', 'shop-api-blue:9000', 'shop-api-blue-stream:9000']),
    )
  })
})

afterAll(() => stage.end())
