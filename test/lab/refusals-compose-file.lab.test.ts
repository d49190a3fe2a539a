import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { deployOnce, servedVersion, type Variant, withRelease } from './projects.ts'
import { expectRefused } from './refused.ts'

// The Compose file and what the inputs say of its services do not fit. A release is live meanwhile, and stays so.
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  await withRelease(stage)
})
afterAll(async () => {
  expect(await servedVersion(stage)).toBe('v1')
  await stage.box.reset()
})

type Case = [fact: string, code: string, says: (string | RegExp)[], variant: () => Variant]
const given = (inputs: Record<string, string>) => () => ({ inputs })
const file = (compose: (sample: string) => string) => () => ({ compose })
const inWeb = (lines: string) => file((sample) => sample.replace('    restart: unless-stopped', lines))

const files: Case[] = [
  [
    'the Compose file is not where it is said to be',
    'DA-FILE-MISSING',
    ['deploy/compose.yml', 'after checkout'],
    given({ 'compose-file': 'deploy/compose.yml' }),
  ],
  [
    'Compose refuses the file',
    'DA-COMPOSE-INVALID',
    ['Additional property depend_on is not allowed'],
    file((sample) => sample.replace('depends_on:', 'depend_on:')),
  ],
  [
    'the file is not YAML',
    'DA-COMPOSE-YAML',
    ['compose.yaml is not YAML', 'line 7', 'Mend that line'],
    file((sample) => sample.replace('  web:', '  web: [')),
  ],
  [
    'a file lies outside of the repository',
    'DA-FILE-OUTSIDE',
    ['../../etc/passwd', 'Move it there'],
    inWeb('    volumes: ["../../etc/passwd:/x:ro"]'),
  ],
  [
    'a secret of the file has no value',
    'DA-ENV-MISSING',
    ['the variable TOKEN', '`env-keys`'],
    file(
      (sample) => `${sample.replace('    restart: unless-stopped', '    secrets: [token]')}\nsecrets:\n  token:\n    environment: TOKEN\n`,
    ),
  ],
  [
    'a service only says how to build it',
    'DA-IMAGE-MISSING',
    ['service "web" has no image', '`web=ghcr.io/owner/image@sha256:…`'],
    () => ({
      compose: (sample) => sample.replace(/image: .*web:.*/, 'build: .'),
      inputs: { images: `api=${stage.lab.image('api', 'v2')}` },
    }),
  ],
]

const services: Case[] = [
  [
    'services are misspelt',
    'DA-SERVICE-UNKNOWN',
    [/^3 things/, '"wbe"', 'Did you mean "web"?', 'Did you mean "api"?', 'Did you mean "store"?'],
    given({ routes: ':80 -> wbe:8000', switch: 'apii:9000', strategy: 'stroe=recreate' }),
  ],
  [
    'nothing says when a switched service is ready',
    'DA-HEALTH-MISSING',
    ['service "web"', '`web: http :8000/health`'],
    file((sample) => sample.replace(/ {4}healthcheck:\n.*\n.*\n/, '')),
  ],
  [
    'two switched services have one port',
    'DA-EDGE-PORT-CLASH',
    ['"web" and "api"', 'port 8000', 'another port'],
    given({ switch: 'api:8000' }),
  ],
  [
    'a switched service is in the network of the host',
    'DA-SWITCH-NETWORK-MODE',
    ['`network_mode: host`', 'Remove `network_mode`'],
    inWeb('    network_mode: host'),
  ],
  [
    'a route needs a port that the edge does not publish',
    'DA-EDGE-PORTS',
    ['port 8088', '`release uninstall`'],
    given({ routes: ':80 -> web:8000\n:8088 -> web:8000' }),
  ],
]

test.each([...files, ...services])('refused, and nothing is touched: %s', async (_fact, code, says, variant) => {
  await expectRefused(stage.box, () => deployOnce(stage, variant()), { code, says })
})
