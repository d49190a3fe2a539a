import { describe, expect, test } from '@jest/globals'
import {
  assetsLine,
  type ComposeModel,
  type ComposePort,
  type ComposeService,
  healthLine,
  planRelease,
  type ReleaseRequest,
  routeLine,
  switchLine,
  verifyLine,
} from '../src/index.ts'
import { codes, digest, jsonOf, model, planShop, shop, textOf } from './shop.ts'

const healthy: ComposeService = { image: `a/web@${digest('a')}`, healthcheck: { test: ['CMD', 'x'] } }
const services = (all: Record<string, ComposeService>, changes: Partial<ReleaseRequest> = {}) =>
  planRelease(
    shop({ model: { services: all } as ComposeModel, files: [], images: new Map(), health: [], routes: [], switch: [], ...changes }),
  )

/** Site blocks of a Caddyfile by address. */
function sites(text: string): Record<string, string> {
  const blocks = text.split(/\n\n(?=# )/).flatMap((part) => {
    const [, address, body] = /^# [^\n]*\n(\S+) \{\n([\s\S]*)\n\}/.exec(part) ?? []
    return address === undefined ? [] : [[address, body]]
  })
  return Object.fromEntries(blocks)
}

describe('assets', () => {
  const assets = ['web: /static/* from /app/static', 'web: /img/* from /app/img'].map((line) => assetsLine.read(line))
  test('of a service are asked of the live slot, and then of the kept releases; others are as without', () => {
    const text = textOf(planShop({ assets }), 'Caddyfile')
    for (const slot of ['blue', 'green'])
      for (const trust of ['inside', 'public']) {
        const own = snippetOf(text, `web-8000-${trust}-${slot}`)
        expect(own).toContain('path /static/* /img/*')
        expect(own).toMatch(
          new RegExp(`handle @kept \\{\n\t\treverse_proxy shop-web-${slot}:8000 \\{\n\t\t\timport ${trust}\n\t\t\timport kept-web\n`),
        )
      }
    const without = textOf(planShop(), 'Caddyfile')
    expect(snippetOf(text, 'api-9000-inside-blue')).toBe(snippetOf(without, 'api-9000-inside-blue'))
    expect(without).not.toContain('kept')
  })
  test('stand in a table for the agent, and make another release', () => {
    const [plan, without] = [planShop({ assets }), planShop()]
    expect(textOf(plan, 'assets.tsv')).toBe('web\t/static\t/app/static\nweb\t/img\t/app/img\n')
    expect(without.entries.map(({ path }) => path)).not.toContain('assets.tsv')
    expect(plan.fingerprint).not.toBe(without.fingerprint)
    expect(plan.baseFingerprint).toBe(without.baseFingerprint)
  })
  test.each([
    ['web: /static/* from /a', 'web: /static/* from /b', ['DA-ASSETS-SERVICE']],
    ['web: /static/* from /a', 'web: /static/img/* from /b', ['DA-ASSETS-SERVICE']],
    ['web: /static/* from /a', 'web: /statics/* from /b', []],
    ['web: /static/* from /a', 'api: /static/* from /b', []],
    ['db: /static/* from /a', 'api: /x/* from /b', ['DA-ASSETS-SERVICE']],
    ['wab: /static/* from /a', 'api: /x/* from /b', ['DA-SERVICE-UNKNOWN']],
  ])('%s and %s: %j', (one, other, refused) => {
    expect(codes(planShop({ assets: [one, other].map((line) => assetsLine.read(line)) }).refusals)).toEqual(refused)
  })
})

/** The lines of a snippet of a Caddyfile. */
const snippetOf = (text: string, name: string): string => text.split('\n\n').find((part) => part.startsWith(`(${name}) {`)) ?? ''

describe('listeners', () => {
  test('one per container port under the names, one per published port, one for verification', () => {
    const addresses = Object.keys(sites(textOf(planShop(), 'Caddyfile'))).filter((address) => address.startsWith('http'))
    expect(addresses).toEqual(['http://:8000', 'http://:9000', 'http://:10080', 'http://:18580', 'http://:2020'])
  })
  test('a published port has the same listener whatever else is published', () => {
    const targets = (ports: ComposeService['ports']) =>
      jsonOf(services({ web: { ...healthy, ports: ports ?? [] } }, { switch: [switchLine.read('web')] }), 'edge.json').services.edge.ports
    const one = { target: 8000, published: '8080' }
    expect(targets([one])).toEqual([{ target: 18580, published: '8080', protocol: 'tcp' }])
    expect(targets([{ target: 9000, published: '7070' }, one])).toContainEqual({ target: 18580, published: '8080', protocol: 'tcp' })
  })
  test('and steps aside for a container port', () => {
    const ports = [{ target: 18_580, published: '8080' }]
    expect(
      jsonOf(services({ web: { ...healthy, ports } }, { switch: [switchLine.read('web')] }), 'edge.json').services.edge.ports[0].target,
    ).toBe(18_581)
  })
  test('the same port on two addresses has two listeners, in whatever order the file has them', () => {
    const on = (host_ip: string): ComposePort => ({ target: 8000, published: '80', host_ip })
    const planned = (...ports: ComposePort[]) => services({ web: { ...healthy, ports } }, { switch: [switchLine.read('web')] })
    const plan = planned(on('203.0.113.7'), on('127.0.0.1'))
    expect(jsonOf(plan, 'edge.json').services.edge.ports).toEqual([
      { host_ip: '127.0.0.1', target: 10_080, published: '80', protocol: 'tcp' },
      { host_ip: '203.0.113.7', target: 10_580, published: '80', protocol: 'tcp' },
    ])
    expect(textOf(plan, 'Caddyfile').match(/^http:\/\/:10080 /gm)).toHaveLength(1)
    expect(sites(textOf(plan, 'Caddyfile'))['http://:10580']).toContain('import web-8000-public')
    expect(textOf(planned(on('127.0.0.1'), on('203.0.113.7')), 'Caddyfile')).toBe(textOf(plan, 'Caddyfile'))
  })
  test('ports on one address, random ports and ranges', () => {
    const plan = services(
      model('rich').services.fine === undefined ? {} : { fine: { ...model('rich').services.fine, image: healthy.image as string } },
      { switch: [switchLine.read('fine')] },
    )
    expect(jsonOf(plan, 'edge.json').services.edge.ports).toEqual([
      { host_ip: '127.0.0.1', target: 19_500, published: '9000', protocol: 'tcp' },
      { host_ip: '127.0.0.1', target: 19_501, published: '9001', protocol: 'tcp' },
      { target: 13_500, protocol: 'tcp' },
    ])
  })
})

describe('routes', () => {
  const routed = (lines: string[], all: Record<string, ComposeService> = {}, more: Partial<ReleaseRequest> = {}) =>
    services(
      { web: { ...healthy, expose: ['8000'] }, api: { ...healthy, expose: ['9000'] }, ...all },
      { routes: lines.map((line) => routeLine.read(line)), ...more },
    )
  test('a host name makes the edge public on 80 and 443, with automatic TLS', () => {
    const plan = routed(['example.com -> web:8000', 'example.com/api* -> api:9000'])
    expect(plan.edge.published).toEqual([
      { published: '80', listen: 10_080 },
      { published: '443', listen: 10_443 },
    ])
    const text = textOf(plan, 'Caddyfile')
    expect(text).not.toContain('auto_https')
    expect(sites(text)['example.com']).toMatch(
      /handle \/api\* \{\n\t\t\timport api-9000-public\n[\s\S]*handle \{\n\t\t\timport web-8000-public/,
    )
  })
  test('no host name: no TLS at all', () => expect(textOf(routed([':80 -> web:8000']), 'Caddyfile')).toContain('auto_https off'))
  test('the longest path is asked first, however the lines stand', () => {
    const site =
      sites(textOf(routed([':80 -> web:8000', ':80/api* -> api:9000', ':80/api/static/* -> web:8000']), 'Caddyfile'))['http://:10080'] ?? ''
    expect([...site.matchAll(/handle (\S*) ?\{/g)].map(([, path]) => path)).toEqual(['@maintenance', '/api/static/*', '/api*', ''])
  })
  test('what no path covers is not found', () => {
    expect(sites(textOf(routed([':80/api* -> api:9000']), 'Caddyfile'))['http://:10080']).toContain('respond "No route." 404')
  })
  test('a route and a published port for the same are one', () => {
    const web = { ...healthy, ports: [{ target: 8000, published: '80' }] }
    const plan = routed([':80 -> web:8000'], { web })
    expect([plan.refusals, plan.edge.published]).toEqual([[], [{ published: '80', listen: 10_080 }]])
  })
  test.each([
    ['two routes', [':80 -> web:8000', ':80 -> api:9000'], {}],
    ['a route and a published port', [':80 -> api:9000'], { web: { ...healthy, ports: [{ target: 8000, published: '80' }] } }],
    ['two routes of a host', ['a.example/x -> web:8000', 'a.example/x -> api:9000'], {}],
  ])('%s for one address clash', (_, lines, all) => {
    expect(codes(routed(lines, all, { switch: [switchLine.read('web:8000')] }).refusals)).toEqual(['DA-ROUTE-CLASH'])
  })
  test('the user’s own proxy has the port: named, with the way to keep it', () => {
    const plan = planRelease(
      shop({
        model: model('front'),
        files: [],
        images: new Map([['app', { reference: healthy.image as string, healthcheck: true }]]),
        health: [],
        switch: [],
        routes: [routeLine.read('example.com -> app:8000')],
      }),
    )
    expect(codes(plan.refusals)).toEqual(['DA-ROUTE-PORT-TAKEN', 'DA-ROUTE-PORT-TAKEN'])
    expect(plan.refusals[0]?.hint).toContain('Keep "caddy" in front')
  })
  test('behind the user’s own proxy nothing is published, and the edge answers for the name', () => {
    const plan = planRelease(
      shop({
        model: model('front'),
        files: [],
        images: new Map([['app', { reference: healthy.image as string, healthcheck: true }]]),
        health: [],
        routes: [],
        switch: [switchLine.read('app')],
      }),
    )
    expect([plan.refusals, plan.edge.published, textOf(plan, 'networks.tsv')]).toEqual([[], [], 'shop_default\tapp\n'])
  })
  test.each([2019, 2020, 10080, 10443])('container port %i is the edge’s own', (port) => {
    expect(codes(services({ web: healthy }, { switch: [switchLine.read(`web:${port}`)] }).refusals)).toEqual(['DA-EDGE-PORT-RESERVED'])
  })
})

describe('whose word on the client counts', () => {
  const text = textOf(planShop({ trustedProxies: ['10.0.0.0/8', 'private_ranges'] }), 'Caddyfile')
  const snippet = (name: string, of = text) => new RegExp(`\\(${name}\\) \\{\\n([\\s\\S]*?)\\n\\}`).exec(of)?.[1]
  test('everyone’s in private networks, for requests by name', () => expect(snippet('inside')).toContain('trusted_proxies private_ranges'))
  test('on public listeners that of `trusted-proxies`', () =>
    expect(snippet('public')).toContain('trusted_proxies 10.0.0.0/8 private_ranges'))
  test('by default nobody’s', () => expect(snippet('public', textOf(planShop(), 'Caddyfile'))).not.toContain('trusted_proxies'))
  test('a proxy of the host itself, before a port on loopback, is believed', () => {
    const web = { ...healthy, ports: [{ target: 8000, published: '8080', host_ip: '127.0.0.1' }] }
    expect(sites(textOf(services({ web }, { switch: [switchLine.read('web')] }), 'Caddyfile'))['http://:18580']).toContain(
      'import web-8000-inside',
    )
  })
})

describe('directives for visitors', () => {
  const caddyfile = '@old path /old\nlog\nheader X-A b\nredir @old /new\n'
  const routes = [routeLine.read('example.com -> web:8000'), routeLine.read('example.com/api* -> api:9000')]
  const text = textOf(planShop({ caddyfile, routes }), 'Caddyfile')
  const IMPORTS = /import (options-\S+|maintenance-page|\w+-\d+-public)/g
  test('are passed after the maintenance page and before the routes', () => {
    const imports = [...(sites(text)['example.com'] ?? '').matchAll(IMPORTS)].map(([, name]) => name)
    expect(imports).toEqual(['options-beside', 'maintenance-page', 'options-before', 'api-9000-public', 'web-8000-public'])
  })
  test('have a route of their own, so that a `handle` among them does not shut out those of the routes', () =>
    expect(sites(text)['example.com']).toContain('\t\troute {\n\t\t\timport options-before\n\t\t}\n\t\thandle /api* {'))
  test('are there for published ports, and not for calls by name, the verification, or a proxy of the host itself', () => {
    const web = {
      ...healthy,
      ports: [
        { target: 8000, published: '8080' },
        { target: 8000, published: '8081', host_ip: '127.0.0.1' },
      ],
    }
    const all = sites(textOf(services({ web }, { switch: [switchLine.read('web')], caddyfile }), 'Caddyfile'))
    expect(Object.keys(all).filter((address) => all[address]?.includes('import options'))).toEqual(['http://:18580'])
    expect(all).toMatchObject({
      'http://:8000': expect.any(String),
      'http://:18581': expect.any(String),
      'http://:2020': expect.any(String),
    })
  })
  test('leave no trace where there are none', () =>
    expect(textOf(planShop({ routes, caddyfile: '# later\n' }), 'Caddyfile')).toBe(textOf(planShop({ routes }), 'Caddyfile')))
  test.each<[string, Partial<ReleaseRequest>]>([
    ['caddyfile', { caddyfile }],
    ['proxy-protocol', { proxyProtocol: ['10.0.0.0/8'] }],
  ])('`%s` without a public route or port is refused', (input, changes) => {
    const { refusals } = services(
      { web: healthy },
      { switch: [switchLine.read('web:8000')], health: [healthLine.read('web: tcp :8000')], ...changes },
    )
    expect(refusals).toMatchObject([{ code: 'DA-EDGE-NOT-PUBLIC', message: expect.stringContaining(`\`${input}\``) }])
  })
})

describe('load balancers that speak the PROXY protocol', () => {
  const listeners = (routes: string[], proxyProtocol = ['10.0.0.0/8', '203.0.113.7', 'private_ranges']) =>
    textOf(planShop({ routes: routes.map((line) => routeLine.read(line)), proxyProtocol }), 'Caddyfile')
  const wrapped = (text: string) =>
    [...text.matchAll(/servers :(\d+) \{\n\t\tprotocols (.*)\n\t\tlistener_wrappers \{\n\t\t\tproxy_protocol /g)].map(([, port]) => port)
  test('are believed on public listeners, and nobody else needs to speak it', () => {
    expect(wrapped(listeners(['example.com -> web:8000', ':8443 -> web:8000']))).toEqual(['10080', '10443', '18943', '18580'])
    expect(listeners([':80 -> web:8000'])).toContain(
      'allow 10.0.0.0/8 203.0.113.7/32 192.168.0.0/16 172.16.0.0/12 10.0.0.0/8 127.0.0.1/8 fd00::/8 ::1/128',
    )
  })
  test('not on a port for the host itself', () => {
    const ports = [
      { target: 8000, published: '8080' },
      { target: 8000, published: '8081', host_ip: '127.0.0.1' },
    ]
    const planned = (...some: ComposePort[]) =>
      services({ web: { ...healthy, ports: some } }, { switch: [switchLine.read('web')], proxyProtocol: ['10.0.0.0/8'] })
    expect(wrapped(textOf(planned(...ports), 'Caddyfile'))).toEqual(['18580'])
    expect(codes(planned(ports[1] as ComposePort).refusals)).toEqual(['DA-EDGE-NOT-PUBLIC'])
  })
  test('also on the port that only sends to https: the file names it', () => {
    expect(sites(listeners(['example.com -> web:8000']))['http://:10080']).toBeDefined()
    expect(sites(listeners(['example.com -> web:8000'], []))['http://:10080']).toBeUndefined()
  })
  test('none are there by default', () => expect(listeners([':80 -> web:8000'], [])).not.toContain('listener_wrappers'))
})

describe('a service that speaks HTTP/2 without TLS', () => {
  const text = textOf(planShop({ routes: [routeLine.read(':80 -> web:8000')], switch: [switchLine.read('h2c://api:9000')] }), 'Caddyfile')
  test('is dialled so, and the others as ever', () => {
    expect(text).toMatch(/\(inside-h2c\) \{[^()]*versions h2c 2/)
    expect(text).toMatch(/reverse_proxy shop-api-green:9000 \{\n\t\t\timport inside-h2c\n/)
    expect(text).toMatch(/reverse_proxy shop-web-green:8000 \{\n\t\t\timport inside\n/)
  })
  test('is called so by its names', () => expect(text).toContain('protocols h1 h2 h2c\n'))
  test('is known by one line of several', () => {
    const routes = [routeLine.read(':80 -> api:9000'), routeLine.read('example.com -> h2c://api:9000')]
    expect(textOf(planShop({ routes }), 'Caddyfile')).not.toMatch(/reverse_proxy shop-api-\S+ \{\n\t*import (inside|public)\n/)
  })
  test('is there for nobody by default', () => expect(textOf(planShop(), 'Caddyfile')).not.toContain('h2c'))
})

describe('the slot of a request', () => {
  const text = textOf(planShop(), 'Caddyfile')
  const order = (name: string) =>
    [
      ...(new RegExp(`\\(${name}\\) \\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1] ?? '').matchAll(
        /handle (@\S+ )?\{\n\t*(import \S+|header \S+)/g,
      ),
    ].map(([, matcher, what]) => `${matcher ?? ''}${what}`)
  test('candidate, then green, then none, else blue: no request falls between two looks at the flag', () => {
    expect(order('web-8000-inside')).toEqual([
      '@candidate-green import web-8000-inside-green',
      '@candidate-blue import web-8000-inside-blue',
      '@green import web-8000-inside-green',
      '@none header Retry-After',
      'import web-8000-inside-blue',
    ])
  })
  test('streams go to a name of their own', () => {
    expect(text).toMatch(
      /\(web-8000-public-green\) \{\n\thandle @stream \{\n\t\treverse_proxy shop-web-green-stream:8000 \{\n\t\t\timport public\n\t\t\timport \/etc\/caddy\/stream-option\?\n\t\t\}/,
    )
  })
  test('the secret never reaches the app, and idle connections do not outlive it', () => {
    expect(text.match(/header_up -X-Deploy-Candidate/g)).toHaveLength(2)
    expect(text.match(/keepalive 1s/g)).toHaveLength(2)
  })
  test('a connection that cannot be made is tried again for a second', () => {
    expect(text.match(/lb_try_duration 1s/g)).toHaveLength(2)
  })
})

describe('verify.tsv', () => {
  const verified = (line: string, changes: Partial<ReleaseRequest> = {}) =>
    textOf(
      planShop({
        verify: [verifyLine.read(line)],
        routes: [routeLine.read('example.com -> web:8000'), routeLine.read(':80 -> web:8000')],
        ...changes,
      }),
      'verify.tsv',
    )
  test.each([
    ['a host route', 'https://example.com/health 200', '2020\texample.com\t/health\t200\thttps'],
    ['any name on port 80', 'http://203.0.113.5/health', '2020\t203.0.113.5\t/health\t2xx\thttp'],
    ['a published port', 'http://localhost:8080/', '2020\tlocalhost:8080\t/\t2xx\thttp'],
    ['a service by name and port', 'http://api:9000/a?b=c 204', '9000\tapi:9000\t/a?b=c\t204\thttp'],
    ['a service by an alias', 'http://www/ 200', '8000\twww\t/\t200\thttp'],
  ])('%s', (_, line, cells) => expect(verified(line)).toBe(`${line.split(' ')[0]}\t${cells}\n`))
  test('a host route, where nothing else could be meant', () => {
    const routes = [routeLine.read('example.com -> web:8000')]
    expect(verified('https://example.com/health', { routes })).toBe('https://example.com/health\t2020\texample.com\t/health\t2xx\thttps\n')
  })
  test('the one switched service behind an own proxy', () => {
    const plan = planRelease(
      shop({
        model: model('front'),
        files: [],
        images: new Map([['app', { reference: healthy.image as string, healthcheck: true }]]),
        health: [],
        routes: [],
        switch: [switchLine.read('app')],
        verify: [verifyLine.read('https://example.com/x')],
      }),
    )
    expect([textOf(plan, 'verify.tsv'), plan.refusals]).toEqual(['https://example.com/x\t8000\texample.com\t/x\t2xx\thttps\n', []])
  })
  test('by default the health paths', () =>
    expect(textOf(planShop(), 'verify.tsv')).toBe('http://web:8000/ready\t8000\tweb:8000\t/ready\t2xx\thttp\n'))
})
