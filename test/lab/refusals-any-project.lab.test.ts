import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { deployOnce, servedVersion, type Variant, whileBroken, withRelease } from './projects.ts'
import { expectRefused } from './refused.ts'

// What a project can ask for that cannot be done, and options of the edge that would not work. A release is live meanwhile, and stays so.
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  await withRelease(stage)
})
afterAll(async () => {
  expect(await servedVersion(stage)).toBe('v1')
  await stage.box.reset()
})

/** The value and the rule that it breaks come first, the remedy last. */
type Case = [fact: string, code: string, says: (string | RegExp)[], variant: Variant]

const given = (inputs: Record<string, string>): Variant => ({ inputs })
const inWeb = (lines: string, end = ''): Variant => ({
  compose: (sample) => sample.replace('    restart: unless-stopped', lines) + end,
})
const atEnd = (lines: string): Variant => ({ compose: (sample) => `${sample}\n${lines}\n` })

const inputs: Case[] = [
  [
    'a phase that there is not',
    'DA-INPUT-INVALID',
    ['`phase` must be one of all, prepare, switch, abort', 'got "swich"'],
    given({ phase: 'swich' }),
  ],
  [
    'a release id for a new release',
    'DA-INPUT-INVALID',
    ['`release-id` is given with `phase: all`', 'Leave it out, or go on with a prepared release by `phase: switch`'],
    given({ 'release-id': '20260131T093000Z-1a2b3c4-123456.1' }),
  ],
  [
    'a candidate that may wait ten seconds',
    'DA-INPUT-INVALID',
    ['`candidate-timeout` must be at least 60s, got "10s"'],
    given({ 'candidate-timeout': '10s' }),
  ],
  [
    'static files without a star',
    'DA-INPUT-INVALID',
    ['`assets` line "web: /static from /app"', 'which is not like `/static/*`', 'Write it like `web: /static/* from /app/static`'],
    given({ assets: 'web: /static from /app' }),
  ],
  [
    'every page as a static file',
    'DA-INPUT-INVALID',
    ['has the path `/*`', 'old pages would come back', 'such as `/static/*`'],
    given({ assets: 'web: /* from /app' }),
  ],
  [
    'an open port by its name',
    'DA-INPUT-INVALID',
    ['`allow-public-ports` has "postgres", which is not a port', 'like `5432`'],
    given({ 'allow-public-ports': 'postgres' }),
  ],
  [
    'more errors than all',
    'DA-INPUT-INVALID',
    ['`max-error-increase` must be `off` or a whole number from 0% to 99%, got "200%"', 'Write it like `5%`'],
    given({ 'max-error-increase': '200%' }),
  ],
  [
    'a strategy with a colon',
    'DA-INPUT-INVALID',
    ['`strategy` line "store:recreate" is not `service=strategy`', 'Write it like `db=recreate`'],
    given({ strategy: 'store:recreate' }),
  ],
  [
    'a switch as a strategy',
    'DA-INPUT-INVALID',
    ['`strategy` line "worker=switch" asks for a switch', 'Name the service in `switch` or `routes`'],
    given({ strategy: 'worker=switch' }),
  ],
  ['a yes for a true', 'DA-INPUT-INVALID', ['`sudo` must be true or false, got "yes"'], given({ sudo: 'yes' })],
  [
    'a health check without a colon before its port',
    'DA-INPUT-INVALID',
    ['`health` line "web: tcp 8000" has no check that we know', '`tcp :8000`'],
    given({ health: 'web: tcp 8000' }),
  ],
  [
    'a route for all names of a domain',
    'DA-INPUT-INVALID',
    ['"*.example.com -> web:8000" has a wildcard', 'Name each host on its own line'],
    given({ routes: '*.example.com -> web:8000' }),
  ],
]

const edge: Case[] = [
  [
    'a directive that answers every request itself',
    'DA-CADDYFILE',
    ['line 2 of `caddyfile` has `respond` for every request', 'Give it a path or a matcher: `respond /old'],
    given({ caddyfile: 'encode gzip\nrespond "hello"' }),
  ],
  [
    'a whole site in the options',
    'DA-CADDYFILE',
    ['line 1 of `caddyfile` begins a site', 'Write the directives alone'],
    given({ caddyfile: 'example.com {\n  encode gzip\n}' }),
  ],
  [
    'a value from the environment of the edge',
    'DA-CADDYFILE',
    ['line 1 of `caddyfile` takes a value from the environment', 'Fill it in here, in the workflow'],
    given({ caddyfile: 'header X-Token {$TOKEN}' }),
  ],
  [
    'options for visitors where nobody comes in',
    'DA-EDGE-NOT-PUBLIC',
    ['`caddyfile` is given, and the edge has no public route', 'Set this in the proxy in front instead'],
    given({ caddyfile: 'encode gzip', routes: '', switch: 'web:8000\napi:9000', verify: '' }),
  ],
  [
    'a proxy with more bits than an address has',
    'DA-TRUSTED-PROXIES',
    ['`trusted-proxies` has "10.0.0.0/33", which is no address range', 'like `10.0.0.0/8`'],
    given({ 'trusted-proxies': '10.0.0.0/33' }),
  ],
  [
    'a PROXY header from everybody',
    'DA-PROXY-PROTOCOL',
    ['`proxy-protocol` has "everybody", which is no address range', '`private_ranges`'],
    given({ 'proxy-protocol': 'everybody' }),
  ],
  [
    'static files of a worker',
    'DA-ASSETS-SERVICE',
    ['`assets` names "worker", which is not switched', 'Name the service that answers these URLs'],
    given({ assets: 'worker: /static/* from /app' }),
  ],
  [
    'static files within static files',
    'DA-ASSETS-SERVICE',
    ['two lines of "web" that both cover /static/deep/*', 'Keep the one that covers more'],
    given({ assets: 'web: /static/* from /app\nweb: /static/deep/* from /deep' }),
  ],
  [
    'a container port that the edge has itself',
    'DA-EDGE-PORT-RESERVED',
    ['service "api" has the container port 2019', 'Let it listen on another port'],
    given({ switch: 'api:9000\napi:2019' }),
  ],
  [
    'one address for two services',
    'DA-ROUTE-CLASH',
    ['`:80 -> web:8000`', '`:80 -> api:9000`', 'claim the same address', 'Remove one of them, or give one a path'],
    given({ routes: ':80 -> web:8000\n:80 -> api:9000' }),
  ],
  [
    'a port that a worker of the same file publishes',
    'DA-ROUTE-PORT-TAKEN',
    ['service "worker" of the same file publishes port 80', 'remove that port from "worker"'],
    { compose: (sample) => sample.replace('"9100:9100"', '"80:9100"') },
  ],
  [
    'a check that no request would pass',
    'DA-VERIFY-NO-ROUTE',
    ['`verify` asks for http://other:8000/', 'leads to no switched service', 'Ask for one of'],
    given({ verify: 'http://other:8000/ 200' }),
  ],
  [
    'a name that the edge does not have',
    'DA-EDGE-NAMES',
    ['does not answer for shop_web', '`release uninstall`'],
    inWeb('    container_name: shop_web'),
  ],
]

const switched: Case[] = [
  [
    'a service that would be switched and recreated',
    'DA-STRATEGY-CONFLICT',
    ['`strategy` says recreate for "api"', 'Remove it from `strategy`'],
    given({ strategy: 'api=recreate' }),
  ],
  [
    'a database',
    'DA-SWITCH-STATEFUL',
    ['service "web" keeps data', 'two of it would run on the same files', 'Take "web" out of `routes` and `switch`'],
    inWeb('    volumes: ["./data/pg:/var/lib/postgresql/data"]'),
  ],
  [
    'a fixed address',
    'DA-SWITCH-STATIC-ADDRESS',
    ['service "web" has the fixed address 10.210.0.77 in network "default"', 'Remove the address'],
    inWeb('    networks: { default: { ipv4_address: 10.210.0.77 } }'),
  ],
  [
    'volumes of another service',
    'DA-SWITCH-VOLUMES-FROM',
    ['service "web" has `volumes_from: store`', 'Name the volumes under `volumes` of both'],
    inWeb('    volumes_from: [store]'),
  ],
  [
    'a UDP port',
    'DA-SWITCH-PROTOCOL',
    ['service "web" publishes 5353/udp, which is not HTTP', 'a service of its own'],
    inWeb('    ports: ["5353:53/udp"]'),
  ],
  [
    'a volume without a name',
    'DA-SWITCH-ANONYMOUS-VOLUME',
    ['service "web" has an anonymous volume at /srv/uploads', '`volumes: ["data:/srv/uploads"]`', '`tmpfs: /srv/uploads`'],
    inWeb('    volumes: [/srv/uploads]'),
  ],
  [
    'labels by which a proxy finds containers',
    'DA-SWITCH-DISCOVERY',
    ['service "web" has `traefik.enable`', 'a fixed rule'],
    inWeb('    labels: { traefik.enable: "true" }'),
  ],
  [
    'no containers',
    'DA-SWITCH-NO-REPLICAS',
    ['service "web" is switched, but the file asks for 0 containers', 'Remove `replicas: 0`'],
    inWeb('    deploy: { replicas: 0 }'),
  ],
  [
    'a service of which nobody knows the port',
    'DA-SWITCH-PORT-UNKNOWN',
    ['`switch` names "api" without a port', '`api:8000`'],
    given({ switch: 'api' }),
  ],
  [
    'the memory of another container',
    'DA-SWITCH-NAMESPACE',
    ['service "web" has `ipc: service:store`', 'Remove `ipc`'],
    inWeb('    ipc: service:store'),
  ],
  [
    'nothing any more',
    'DA-SWITCH-GONE',
    ['the live release has switched services', 'Undo that change'],
    given({ routes: '', switch: '', verify: '' }),
  ],
  ['one service less', 'DA-SWITCH-LEFT', ['"api" was switched in the live release', 'Name it in `switch` again'], given({ switch: '' })],
]

const project: Case[] = [
  [
    'a command that only Compose would run',
    'DA-SERVICE-UNSUPPORTED',
    ['service "web" has `post_start`', "Do that in the image's entrypoint"],
    inWeb('    post_start: [{ command: [/bin/true], user: root }]'),
  ],
  [
    'our own folder as data',
    'DA-BIND-RESERVED',
    ['service "web" binds ./releases at /srv', 'Bind a directory of its own'],
    inWeb('    volumes: ["./releases:/srv"]'),
  ],
  [
    'a secret of Swarm',
    'DA-SECRET-EXTERNAL',
    ['secrets.token is external: only Swarm has such secrets', 'Take it from a `file`'],
    inWeb('    secrets: [token]', '\nsecrets:\n  token: { external: true }\n'),
  ],
  [
    'a network that nobody made',
    'DA-NETWORK-MISSING',
    ['the network "proxy" does not exist', '`docker network create proxy`'],
    inWeb('    networks: [default, proxy]', '\nnetworks:\n  proxy: { external: true }\n'),
  ],
  [
    'a volume that nobody made',
    'DA-VOLUME-MISSING',
    ['the volume "media-2019" does not exist', '`docker volume create media-2019`'],
    inWeb('    volumes: ["media:/srv"]', '  media: { external: true, name: media-2019 }\n'),
  ],
  [
    'a network that is made otherwise now',
    'DA-NETWORK-CHANGED',
    ['`internal` of the network "sample_default"', 'Docker cannot change a network that exists', '`release uninstall`'],
    atEnd('networks:\n  default: { internal: true }'),
  ],
  [
    'another name of the project',
    'DA-PROJECT-RENAMED',
    ['is the Compose project "sample", and this one would be "shop"', 'Set `project-name: sample`'],
    given({ 'project-name': 'shop' }),
  ],
]

test.each([...inputs, ...edge, ...switched, ...project])('refused, and nothing is touched: %s', async (_fact, code, says, variant) => {
  await expectRefused(stage.box, () => deployOnce(stage, variant), { code, says })
})

/** A container with the labels of Compose, as a person would have started it. */
const byHand = (of: string, service: string) => ({
  by: `docker run -d --name by-hand --label com.docker.compose.project=${of} --label com.docker.compose.service=${service} --label com.docker.compose.oneoff=False --entrypoint sleep ${stage.lab.edgeImage} 600`,
  mend: 'docker rm -f by-hand',
})

const besides: [fact: string, code: string, says: string[], of: string, service: string][] = [
  [
    'a switched service runs once more, started by hand',
    'DA-ADOPT-BESIDE',
    ['project "sample"', 'runs web once more', '`docker compose -p sample rm -sf web`'],
    'sample',
    'web',
  ],
  [
    'somebody else has the name of a slot',
    'DA-PROJECT-NAME-TAKEN',
    ['the Compose project "sample-blue"', 'belongs to somebody else (by-hand)', 'Choose another `project-name`'],
    'sample-blue',
    'web',
  ],
]

test.each(besides)('refused, and nothing is touched: %s', async (_fact, code, says, of, service) => {
  await expectRefused(stage.box, () => whileBroken(stage, byHand(of, service), () => deployOnce(stage)), { code, says })
})
