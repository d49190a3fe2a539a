import { describe, expect, test } from '@jest/globals'
import { assetsLine, healthLine, routeLine, strategyLine, switchLine, verifyLine } from '../src/index.ts'

describe('routes', () => {
  test.each([
    ['example.com -> web:8000', { host: 'example.com', service: 'web', target: 8000 }],
    ['Example.COM/api* -> api_x.y:9000', { host: 'example.com', path: '/api*', service: 'api_x.y', target: 9000 }],
    ['example.com/* -> web:1', { host: 'example.com', service: 'web', target: 1 }],
    [':80 -> web:8000', { port: 80, service: 'web', target: 8000 }],
    [':8080/api/* -> api:65535', { port: 8080, path: '/api/*', service: 'api', target: 65535 }],
    ['grpc.example.com -> h2c://api:9000', { host: 'grpc.example.com', service: 'api', target: 9000, protocol: 'h2c' }],
    ['xn--bcher-kva.example->web:80', { host: 'xn--bcher-kva.example', service: 'web', target: 80 }],
  ])('%s', (line, route) => expect(routeLine.read(line)).toEqual({ ...route, line }))

  test.each([
    ['example.com web:8000', 'is not a route'],
    ['example.com -> web', 'is not a route'],
    ['https://example.com -> web:8000', 'has a scheme'],
    ['*.example.com -> web:8000', 'wildcard'],
    ['example.com:8443 -> web:8000', 'with a port'],
    ['203.0.113.5 -> web:8000', 'has an address'],
    ['example.com -> https://web:8000', 'is not a route'],
    ['localhost -> web:8000', 'no full host name'],
    ['exa_mple.com -> web:8000', 'no full host name'],
    ['bücher.example -> web:8000', 'no full host name'],
    [':443 -> web:8000', 'port 443 without a name'],
    [':0 -> web:8000', 'between 1 and 65535'],
    [':80 -> web:70000', 'between 1 and 65535'],
    ['example.com/a{b -> web:80', 'has a path'],
    ['example.com/*/b -> web:80', 'has a path'],
  ])('%s is refused: %s', (line, rule) => expect(() => routeLine.read(line)).toThrow(rule))
})

describe('switch, strategy, health', () => {
  test.each([
    ['web:8000', { service: 'web', port: 8000 }],
    ['web', { service: 'web' }],
    ['h2c://api:9000', { service: 'api', port: 9000, protocol: 'h2c' }],
  ])('switch %s', (line, target) => expect(switchLine.read(line)).toEqual(target))
  test.each(['web:', 'web 8000', 'web:99999', ':80', 'web:8000 api:9000', 'h2c://api', 'http://api:9000'])(
    'switch "%s" is refused',
    (line) => expect(() => switchLine.read(line)).toThrow(),
  )

  test('strategy', () => expect(strategyLine.read('db = recreate')).toEqual({ service: 'db', strategy: 'recreate' }))
  test('strategy keep', () => expect(strategyLine.read('store=keep')).toEqual({ service: 'store', strategy: 'keep' }))
  test.each([
    ['db', 'is not `service=strategy`'],
    ['db=rolling', 'has the strategy "rolling"'],
    ['web=switch', 'asks for a switch'],
  ])('strategy %s is refused', (line, rule) => expect(() => strategyLine.read(line)).toThrow(rule))

  test.each([
    ['web: http :8000/health?deep=1', { kind: 'http', port: 8000, path: '/health?deep=1' }],
    ['web: tcp :8000', { kind: 'tcp', port: 8000 }],
    ['web: none 1m30s', { kind: 'none', stayUp: 90_000 }],
    ['web: docker', { kind: 'docker' }],
  ])('health %s', (line, health) => expect(healthLine.read(line)).toEqual({ service: 'web', health }))
  test.each([
    'web http :8000/',
    'web: http /health',
    'web: http :8000',
    'web: http :8000/a b',
    'web: tcp 8000',
    'web: none',
    'web: none 10',
    'web: none 0s',
    'web: docker now',
    'web:docker',
  ])('health "%s" is refused', (line) => expect(() => healthLine.read(line)).toThrow())
})

describe('assets', () => {
  test.each([
    ['web: /static/* from /app/static', { path: '/static', from: '/app/static' }],
    ['web: /_next/static/* from /app/.next/static/', { path: '/_next/static', from: '/app/.next/static' }],
    ['web:  /a.b/c~d/*   from  /srv/www/x@2', { path: '/a.b/c~d', from: '/srv/www/x@2' }],
  ])('%s', (line, choice) => expect(assetsLine.read(line)).toEqual({ service: 'web', ...choice }))
  test.each([
    ['web: /static/*', 'is not `service'],
    ['web /static/* from /app', 'is not `service'],
    ['web: /* from /app', 'has the path `/*`'],
    ['web: / from /app', 'has the path "/"'],
    ['web: /static from /app', 'has the path "/static"'],
    ['web: /static* from /app', 'has the path "/static*"'],
    ['web: /a/../b/* from /app', 'has the path'],
    ['web: /.git/* from /app', 'has the path'],
    ['web: //a/* from /app', 'has the path'],
    ['web: /static/{x}/* from /app', 'has the path'],
    ['web: /static/* from app', 'has the folder "app"'],
    ['web: /static/* from /', 'has the folder "/"'],
    ['web: /static/* from /app/../etc', 'has the folder'],
    ['web: /static/* from /app/$HOME', 'has the folder'],
  ])('%s is refused: %s', (line, rule) => expect(() => assetsLine.read(line)).toThrow(rule))
})

describe('verify', () => {
  test.each([
    ['https://Example.com/health 200', { host: 'example.com', path: '/health', scheme: 'https', statuses: '200' }],
    ['http://web:8000/a?b=c 200,3xx', { host: 'web', port: 8000, path: '/a?b=c', scheme: 'http', statuses: '200,3xx' }],
    ['https://example.com', { host: 'example.com', path: '/', scheme: 'https', statuses: '2xx' }],
  ])('%s', (line, check) => expect(verifyLine.read(line)).toEqual({ url: line.split(' ')[0], ...check }))
  test.each([
    'example.com/health 200',
    'ftp://example.com/ 200',
    'https://u:p@example.com/',
    'https://example.com/ 600',
    'https://example.com/ 200 ok',
    'https://e.com/#x',
  ])('"%s" is refused', (line) => expect(() => verifyLine.read(line)).toThrow())
  test('no tab can get into a table', () => expect(verifyLine.read('https://example.com/a\t200').statuses).toBe('200'))
})
