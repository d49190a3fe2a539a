import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { FakeRepository, node24 } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { reachesLoopback } from '../../lab/build/build-stage.ts'
import { ensureBuilder } from '../../lab/builder/builder.ts'
import { hasAct } from '../../lab/pipelines/act.ts'
import { expectEnd } from '../../lab/pipelines/pipeline.ts'
import { ExampleRepository } from '../../lab/pipelines/repository.ts'
import { forgetSetUp, freshHost } from '../../lab/scenarios/fresh-host.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { atLoopback } from '../../lab/token-registry/token-registry.ts'
import { testWith } from '../needs-tool.ts'
import { read, root } from '../repository.ts'

// "The short way" of the guide, its very commands in their order, by somebody who has a repository with a Compose file, and a fresh server.

const COMPOSE = `services:
  web:
    build: .
    image: ghcr.io/acme/shop
    ports: ['80:8000']
    environment: { SECRET_KEY: '\${SECRET_KEY:?}' }
`
/** GitHub's program: keeps what it is given. */
const GH = `#!/bin/sh
case "$1 $2" in
  'variable set' | 'secret set')
    mkdir -p "$GH_KEPT/$1"
    if [ "\${6-}" = --body ]; then printf '%s' "$7"; else cat; fi >"$GH_KEPT/$1/$3" ;;
  'auth token') echo ghs_fake ;;
esac
`
const STAND_INS = '/usr/local/bin'
hasAct()

let stage: Stage
let folder: string
let loopback: string
let forgetRegistry: () => Promise<void>
let github: FakeRepository
let repository: ExampleRepository | undefined
beforeAll(async () => {
  stage = await openStage()
  const { box, lab } = stage
  await freshHost(box, STAND_INS)
  loopback = await atLoopback('registry')
  forgetRegistry = await reachesLoopback(box, loopback, lab.registry.address)
  await box.exec(`docker pull -q ${lab.edgeImage} && docker tag ${lab.edgeImage} caddy:2`)
  github = await FakeRepository.open('acme/shop')
  folder = mkdtempSync(join(tmpdir(), 'newcomer-'))
  for (const name of ['home/.ssh', 'bin', 'shop', 'kept']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'shop/compose.yaml'), COMPOSE)
  writeFileSync(join(folder, 'shop/Dockerfile'), `FROM ${loopback}/sample/web:v1\n`)
  // The person's own key for the server, and that the server is known to them.
  writeFileSync(join(folder, 'home/.ssh/known_hosts'), box.knownHosts)
  const ssh = `exec /usr/bin/ssh -i ${box.keyFile} -o UserKnownHostsFile=${join(folder, 'home/.ssh/known_hosts')} "$@"`
  writeFileSync(join(folder, 'bin/ssh'), `#!/bin/sh\n${ssh}\n`, { mode: 0o755 })
  writeFileSync(join(folder, 'bin/gh'), GH, { mode: 0o755 })
})
afterAll(async () => {
  repository?.close()
  await github.close()
  rmSync(folder, { recursive: true, force: true })
  await forgetRegistry()
  await forgetSetUp(stage.box, STAND_INS)
})

const blocks = (text: string): string[] => [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
const guided = () => blocks(read('docs/guide-first-deploy.md').split(/^## /m)[1] ?? '')

/** What is another one for everybody who reads the guide, and what only GitHub and a name server could give. */
const mine = (command: string): string =>
  command
    .replace(/^git clone .*\n/m, '')
    .replace('npx . init', 'npx . init --actions org/deploy-actions@v1')
    .replace(' --domain shop.example.com', '')
    .replace(' --domains shop.example.com', '')
    .replaceAll('203.0.113.7', stage.box.address)
    .replaceAll('../shop', join(folder, 'shop'))
    .replaceAll(/\bset-up\.log\b/g, join(folder, 'set-up.log'))

function typed(command: string, cwd = root) {
  const PATH = [join(folder, 'bin'), dirname(node24()), process.env.PATH].join(delimiter)
  const env = { ...process.env, HOME: join(folder, 'home'), PATH, GH_KEPT: join(folder, 'kept'), GITHUB_API_URL: github.url }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd, env, encoding: 'utf8', input: '', timeout: 120_000 })
  return { code: status, text: `${stdout}${stderr}` }
}

/** What `gh` was given, by name. */
const kept = (kind: 'variable' | 'secret') =>
  Object.fromEntries(readdirSync(join(folder, 'kept', kind)).map((name) => [name, readFileSync(join(folder, 'kept', kind, name), 'utf8')]))

testWith(
  'act',
  'the commands of the guide bring a repository that has only a Compose file from nothing to its first deploy on a fresh server',
  async () => {
    const began = performance.now()
    const [begin = '', setUp = '', doctor = '', push = ''] = guided()
    expect([begin, setUp, doctor, push].map((block) => /npx \. (init|doctor)|ssh root@|git push/.exec(block)?.[0])).toEqual([
      'npx . init',
      'ssh root@',
      'npx . doctor',
      'git push',
    ])
    const init = typed(mine(begin))
    expect(init).toMatchObject({ code: 0, text: expect.stringContaining('written  .github/workflows/deploy.yml') })
    const made = typed(mine(setUp))
    expect(made.text).toContain('set   /opt/shop')
    expect(made.text).not.toContain('LEFT')
    expect(readFileSync(join(folder, 'shop/known_hosts_production'), 'utf8')).toMatch(/^\S+ ssh-ed25519 \S+\n$/)
    const shop = join(folder, 'shop')
    const values = blocks(readFileSync(join(shop, 'docs/deploy-secrets.md'), 'utf8'))
    expect(typed(values.join(''), shop)).toEqual({ code: 0, text: '' })
    const secret = /^gh secret set APP_ENV[^\n]*\n[\s\S]*?^JSON$/m.exec(init.text)?.[0] ?? ''
    expect(typed(secret, shop)).toEqual({ code: 0, text: '' })
    const looked = typed(mine(doctor)).text
    for (const well of ['compose.yaml: web', 'logged in as deploy; it proved its key', 'nothing is deployed yet'])
      expect(looked).toContain(`OK        ${well}`)
    // `org` is everybody's placeholder, and no lab reaches ghcr.io.
    expect(looked.split('\n').filter((line) => /^ *FAIL /.test(line) && !/`org\/deploy-actions`|ghcr\.io/.test(line))).toEqual([])
    await pushed(shop)
    const page = await fetch(`http://${stage.box.address}/health`)
    expect(page.status).toBe(200)
    console.info(`from \`init\` to the first answer: ${Math.round((performance.now() - began) / 1000)} s, without the clone and npm ci`)
  },
  'this test installs it where Go and the Go proxy are',
)

/** In the place of `git push`: act plays what GitHub would start. */
async function pushed(shop: string): Promise<void> {
  const { env } = await ensureBuilder()
  const standIns = (text: string) => text.replaceAll('ghcr.io/', `${loopback}/`)
  repository = await ExampleRepository.open({ example: shop, github, env, standIns })
  const head_sha = await repository.push('Deploy by GitHub Actions')
  github.addRun('101', { head_sha, event: 'push', path: '.github/workflows/deploy.yml@main' })
  const ran = await repository.act.run({
    ...{ event: 'push', file: 'deploy.yml', vars: kept('variable'), secrets: { ...kept('secret'), GITHUB_TOKEN: 'ghs_fake' } },
    env: { GITHUB_API_URL: github.url, GITHUB_RUN_ID: '101' },
  })
  expectEnd('the first push', ran, { jobs: { build: 'success', staging: 'success' }, outputs: { 'staging/deploy/status': 'deployed' } })
}
