import { connect as connectTcp } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { routeLine } from '../src/index.ts'
import { docker, EdgeStage, SECRET, verdictOf } from './edge-stage.ts'
import { planShop, textOf } from './shop.ts'

// What the edge does for visitors on request, in the Caddy that Debian has and in a current one.

const stage = new EdgeStage('options')
const routesOf = (...lines: string[]) => lines.map((line) => routeLine.read(line))
const get = (port: number, path: string, host: string, ...headers: string[]) =>
  stage.send(port, `GET ${path} HTTP/1.0`, `Host: ${host}`, ...headers)
const mark = 'Strict-Transport-Security: max-age=31536000'

/** `caddy hash-password` of `open sesame`. */
const HASH = '$2a$14$XaykWaLLNM6tVTn1wsXj..dkR9z6iAx2DgwcK7AZt19eQPdWxKaf6'

const caddyfile = `
header {
	Strict-Transport-Security "max-age=31536000; includeSubDomains"
	X-Content-Type-Options nosniff
	-Server
}
encode gzip
request_body {
	max_size 1KB
}
@www host www.example.test
redir @www https://example.test{uri} 308
@staging host staging.example.test
basicauth @staging {
	ann ${HASH}
}
handle /api/marked* {
	header X-Marked yes
}
respond /robots.txt "User-agent: *"
log {
	output file /tmp/access.log
}
handle_errors {
	respond "our own page for {http.error.status_code}"
}
`

describe.each(['debian', 'current'] as const)('directives for visitors, Caddy: %s', (kind) => {
  const routes = routesOf(':80 -> web:8000', ':80/api* -> api:9000', 'example.test -> web:8000')
  beforeAll(async () => {
    await stage.start(kind, textOf(planShop({ routes, caddyfile }), 'Caddyfile'))
    stage.flag('none', 'green')
  })
  afterAll(() => stage.stop())

  test('visitors get them on their way to the live slot, and to the candidate', () => {
    const answer = get(10_080, '/', 'other')
    expect(answer).toContain(mark)
    expect(answer).toMatch(/web-green$/)
    expect(answer).not.toContain('Server:')
    expect(get(10_080, '/', 'other', `X-Deploy-Candidate: ${SECRET}`)).toMatch(/Strict-Transport[\s\S]*web-blue$/)
  })
  test('calls by name and the verification do not', () => {
    for (const port of [8000, 2020]) {
      const answer = get(port, '/', 'other', 'Accept-Encoding: gzip')
      expect(answer).toMatch(/web-green$/)
      expect(answer).not.toContain(mark)
    }
    expect(get(2020, '/', 'staging.example.test')).toContain(' 200 OK')
  })
  test('a `handle` that only marks a request leaves it to the routes; an answer is one', () => {
    expect(get(10_080, '/api/marked', 'other')).toMatch(/X-Marked: yes[\s\S]*api-green$/)
    expect(get(10_080, '/robots.txt', 'other')).toMatch(/User-agent: \*$/)
  })
  test('long answers are compressed for those who can read that', () => {
    expect(get(10_080, '/long', 'other', 'Accept-Encoding: gzip')).toContain('Content-Encoding: gzip')
    expect(get(10_080, '/long', 'other')).toContain('a long answer a long answer')
  })
  test('one host asks for a password, another sends to a third', () => {
    const open = `Authorization: Basic ${Buffer.from('ann:open sesame').toString('base64')}`
    expect(get(10_080, '/', 'staging.example.test')).toMatch(/ 401 [\s\S]*our own page for 401$/)
    // The hash is slow to check, as it should be.
    expect(stage.get('http://127.0.0.1:10080/', 'Host: staging.example.test', open)).toMatch(/web-green$/)
    expect(get(10_080, '/x?y', 'www.example.test')).toMatch(/ 308 [\s\S]*Location: https:\/\/example.test\/x\?y/)
  })
  test('a body that is too long does not arrive', () => {
    const post = (length: number) =>
      stage.send(10_080, 'POST / HTTP/1.0', 'Host: other', `Content-Length: ${length}`, '', 'x'.repeat(length))
    expect(post(1_000)).toContain(' 200 OK')
    expect(post(2_000)).toContain(kind === 'debian' ? ' 502 ' : ' 413 ')
  })
  test('under maintenance there is the page, and nothing else', () => {
    stage.write('switch/maintenance.html', '<h1>Back soon</h1>')
    expect(get(10_080, '/robots.txt', 'staging.example.test')).toMatch(/ 503 [\s\S]*Back soon/)
    stage.remove('switch/maintenance.html')
  })
  test('requests are logged', () => expect(stage.inEdge('cat', '/tmp/access.log')).toContain('"uri":"/api/marked"'))
})

describe('PROXY protocol', () => {
  const proxied = (...proxyProtocol: string[]) =>
    textOf(planShop({ routes: routesOf('example.test -> web:8000', ':8080 -> web:8000'), proxyProtocol }), 'Caddyfile')
  const visitor = 'PROXY TCP4 203.0.113.50 203.0.113.1 40000 80'
  test('the Caddy of Debian cannot', async () => expect(await verdictOf('debian', proxied('10.0.0.0/8'))).toContain('Error: '))
  test('and says so in words that the agent knows', async () =>
    expect(await verdictOf('debian', proxied('10.0.0.0/8'))).toContain('caddy.listeners.proxy_protocol'))

  describe('a current Caddy', () => {
    beforeAll(async () => {
      await stage.start('current', (ourAddress) => proxied('127.0.0.1', ourAddress))
      stage.flag('none', 'green')
    })
    afterAll(() => stage.stop())

    test('the app gets the address that a load balancer tells', () => {
      expect(stage.send(18_580, visitor, 'GET / HTTP/1.0', 'Host: other')).toContain('X-Saw: |http|203.0.113.50')
    })
    test('also through TLS that the load balancer does not end', async () => {
      const tcp = connectTcp(10_443, stage.addressOf('edge'))
      tcp.write(`${visitor}\r\n`)
      const tls = connectTls({ socket: tcp, servername: 'example.test', rejectUnauthorized: false })
      tls.write('GET / HTTP/1.0\r\nHost: example.test\r\n\r\n')
      expect(await text(tls)).toContain('X-Saw: |https|203.0.113.50')
    })
    test('the plain port sends to https with it, and knows nothing else', () => {
      expect(stage.send(10_080, visitor, 'GET /x HTTP/1.0', 'Host: example.test')).toContain('Location: https://example.test/x')
      expect(stage.send(10_080, visitor, 'GET /x HTTP/1.0', 'Host: other')).toContain(' 404 ')
    })
    test('without it connections are as ever: visitors, calls by name, the verification', () => {
      for (const port of [18_580, 8000, 2020]) expect(get(port, '/', 'other:8080')).toContain('X-Saw: |http|127.0.0.1')
    })
    test('nobody else is believed, and calls by name do not speak it', () => {
      const ask = `{ printf '${visitor}\\r\\nGET / HTTP/1.0\\r\\nHost: other\\r\\n\\r\\n'; sleep 0.5; } | nc ${stage.addressOf('edge')} 18580`
      expect(docker('exec', `${stage.name}-blue`, 'sh', '-c', ask)).toContain(`X-Saw: |http|${stage.addressOf('blue')}`)
      expect(stage.send(8000, visitor, 'GET / HTTP/1.0', 'Host: web')).toContain(' 400 ')
    })
  })
})

afterAll(() => stage.end())
