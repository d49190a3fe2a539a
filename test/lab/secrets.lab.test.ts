import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Consumer, type Step } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { base64, formsIn, foundIn } from './forms.ts'
import { filesWith, leftInTmp, unwatchHost, watchHost } from './watched-host.ts'

const env = {
  API_TOKEN: `it's "quoted" $HOME \${TAG} $$ and #hashed\\n\nsecond line: ünï-çødé ✓ 漢字\n\ttab, \`ticks\` and a blank at the end `,
  FILE_TOKEN: 'file "token" \'1\' $PATH\nits second line\n',
}

let stage: Stage
let consumer: Consumer
let steps: { deploy: Step; rollback: Step }
let seen: { called: string; running: string }
let login: Record<string, string>

/** Every form of every secret that these runs had. */
const forms = () => {
  const { username, password } = stage.lab.loginRegistry
  return [...Object.values(env), password, stage.box.privateKey.trim(), base64(`${username}:${password}`)]
    .flatMap(formsIn)
    .filter((form) => !/^-----(BEGIN|END)/.test(form))
}

beforeAll(async () => {
  stage = await openStage()
  await stage.box.reset()
  const { address, username, password } = stage.lab.loginRegistry
  login = { registry: address, 'registry-username': username, 'registry-password': password }
  consumer = new Consumer(stage, { compose: withSecrets(), inputs: { 'verify-for': '0s', 'stream-drain-timeout': '0s' } })
  expectStatus(await deploy('v1'), 'deployed')
  await watchHost(stage.box)
  const deployed = await deploy('v2')
  expectStatus(deployed, 'deployed')
  await forgetImages()
  const rolledBack = await consumer.rollback({ inputs: login })
  seen = await unwatchHost(stage.box)
  steps = { deploy: deployed, rollback: rolledBack }
})
afterAll(async () => {
  await unwatchHost(stage.box)
  consumer.close()
  await stage.box.reset()
})

/** The sample project; web and the worker get both secrets, one in the environment and one as a file. */
function withSecrets(): string {
  return `${readFileSync(`${stage.lab.sample}/compose.yaml`, 'utf8')
    .replace('      GREETING:', '      API_TOKEN: $' + '{API_TOKEN}\n      GREETING:')
    .replace('    restart: unless-stopped', '    secrets: [token]\n    restart: unless-stopped')
    .replace('      WORKER_TARGET:', '      API_TOKEN: $' + '{API_TOKEN}\n      WORKER_TARGET:')
    .replace('    restart: always', '    secrets: [token]\n    restart: always')}
secrets:
  token:
    environment: FILE_TOKEN
`
}

function deploy(tag: string): Promise<Step> {
  const images = `web=${stage.lab.privateImage(tag)}\napi=${stage.lab.image('api', tag as 'v1')}`
  return consumer.deploy(tag, { inputs: { ...login, images, 'env-keys': 'API_TOKEN, FILE_TOKEN' }, env })
}

/** The old slot and its images go, so that the way back is a pull. */
async function forgetImages(): Promise<void> {
  const old = 'docker ps -aq --filter status=exited --filter label=com.docker.compose.project=sample-blue'
  const images = "docker images --digests --format '{{.Repository}} {{.Tag}} {{.Digest}}' | grep private/web"
  await stage.box.exec(`${old} | xargs -r docker rm; docker images --format '{{.Repository}}:{{.Tag}}' 'deploy-actions/sample/web' | head -n 5 | xargs docker rmi
    ${images} | while read -r name tag digest; do docker rmi "$name@$digest"; done; true`)
}

test('the container gets the exact values, in its environment and as a file', async () => {
  const get = async (path: string) => (await fetch(`${stage.url}${path}`)).text()
  expect(await get('/env?name=API_TOKEN')).toBe(env.API_TOKEN)
  expect(await get('/file?path=/run/secrets/token')).toBe(env.FILE_TOKEN)
})

test('the rollback pulled with the login, and serves', () => {
  expectStatus(steps.rollback, 'rolled-back')
  expect(steps.rollback.stdout).toMatch(/its images have to be pulled again/)
})

test('no argument of docker, of its Compose plugin or of sh has a secret, nor has any process that ps saw', () => {
  expect(seen.called).toMatch(/\/docker --config \/tmp\/\S+ pull -q \S+private\/web@/)
  expect(seen.called).toMatch(/docker-compose .*config --format json/)
  expect(seen.called).toMatch(/\/bin\/sh .*session deploy \/opt\/sample/)
  expect(seen.running).toMatch(/session deploy \/opt\/sample/)
  expect(foundIn(seen.called, forms())).toEqual([])
  expect(foundIn(seen.running, forms())).toEqual([])
})

describe.each(['deploy', 'rollback'] as const)('what the %s tells', (which) => {
  test('has no secret in its log, summary or outputs', () => {
    const { stdout, stderr, summary, outputs } = steps[which]
    const shown = stdout.replace(/^::add-mask::.*$/gm, '')
    expect(foundIn(`${shown}${stderr}${summary}${JSON.stringify(outputs)}`, forms())).toEqual([])
  })

  test('asks GitHub to mask the password and the key: whole, by line and as base64', () => {
    const { masks } = steps[which]
    const { username, password } = stage.lab.loginRegistry
    const key = stage.box.privateKey.trim()
    const lines = key.split('\n').filter((line) => line.length >= 8 && !line.startsWith('-----'))
    expect(masks).toEqual(expect.arrayContaining([password, key, ...lines]))
    // Base64 within a longer text begins at one of three places; a mask stands for each.
    expect(masks.some((mask) => base64(`${username}:${password}`).includes(mask))).toBe(true)
  })
})

test('nobody else on the host can read a secret', async () => {
  const lines = forms().flatMap((form) => form.split('\n').filter((line) => line.length >= 8))
  expect(await filesWith(stage.box, lines, 'nodocker')).toEqual([])
  expect(await filesWith(stage.box, [env.API_TOKEN.split('\n')[1] as string], 'root')).not.toEqual([])
})

test('of the logins, to the registry and to the host, nothing is left anywhere on the host', async () => {
  const { username, password } = stage.lab.loginRegistry
  // The first line begins every such key in the world.
  const keyLines = stage.box.privateKey
    .split('\n')
    .slice(2)
    .filter((line) => line.length >= 8 && !line.startsWith('-----'))
  const texts = [password, base64(password), base64(`${username}:${password}`), ...keyLines]
  expect(await filesWith(stage.box, texts, 'root')).toEqual([])
  expect((await stage.box.exec('ls -d /root/.docker 2>/dev/null')).stdout).toBe('')
  expect(await leftInTmp(stage.box)).toBe('')
})
