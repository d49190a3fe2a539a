import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { node24 } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { full, ofTheDay } from '../../lab/of-the-day.mjs'
import { standIns } from '../../lab/pipelines/ground.ts'
import { openStage } from '../../lab/scenarios/stage.ts'
import { docker } from '../../lab/shell.ts'
import { ensureStack } from '../../lab/stack/stack.ts'
import { atLoopback } from '../../lab/token-registry/token-registry.ts'
import { root } from '../repository.ts'

// A repository as a person has it: an image of its own, a database that nobody builds, a Caddy with a domain, and a secret that stands nowhere.
const compose = (registry: string) => `
services:
  caddy:
    image: caddy:2
    ports: ['80:80', '443:443']
  web:
    build: .
    environment: { SECRET_KEY: '\${SECRET_KEY:?}' }
    env_file: .env.production
    expose: ['8000']
  store:
    image: ${registry}/sample/store:v1
    volumes: [data:/data]
volumes: { data: }
`

let folder: string
let files: Record<string, string>
beforeAll(async () => {
  await openStage()
  const registry = await atLoopback('registry')
  files = { 'compose.yaml': compose(registry), Dockerfile: `FROM ${registry}/sample/web:v1\n`, 'values.env': 'GREETING=hello\n' }
  folder = mkdtempSync(join(tmpdir(), 'tried-shop-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ofShop = () => ['--directory', folder, '--app', 'shop', '--health', 'web=/health', '--env-file', join(folder, 'values.env')]

/** `npx . try`. @param stopAt a text at which it gets a Ctrl-C */
function tried(stopAt?: string, args: readonly string[] = ofShop()): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn(node24(), [join(root, 'packages/build/src/shell.mjs'), 'try', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    let stopped = false
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (stopped || stopAt === undefined || !text.includes(stopAt)) return
        stopped = true
        child.kill('SIGINT')
      })
    child.on('close', (code) => resolve({ code, text }))
  })
}

/** Whatever a try could leave: containers, networks, images of the repository, files of this machine. */
const left = async () => ({
  containers: await docker(['ps', '-aq', '--filter', 'label=deploy-actions.try']),
  networks: await docker(['network', 'ls', '-q', '--filter', 'label=deploy-actions.try']),
  images: await docker(['images', '-q', 'deploy-actions-try/*']),
  folders: readdirSync(tmpdir()).filter((name) => name.startsWith('deploy-actions-try-')),
  repository: Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
})
const nothing = () => ({ containers: '', networks: '', images: '', folders: [], repository: files })

test('up and cleaned up: a repository is deployed twice and taken back on a server in a container, nobody is lost, and nothing is left', async () => {
  const { code, text } = await tried()
  expect(text).toMatch(/https:\/\/shop\.localhost:\d+\/health answers with 200/)
  expect(text.match(/^output status: .*$/gm)).toEqual(
    ['deployed', 'deployed', 'rolled-back', 'tried'].map((status) => `output status: ${status}`),
  )
  expect(text).toMatch(/^[1-9]\d+ visits during the second deploy and the rollback, 0 lost$/m)
  expect(text).toContain('made up for this try: SECRET_KEY')
  expect(text).toContain('caddy is left out')
  expect(code).toBe(0)
  expect(await left()).toEqual(nothing())
})

type Play = readonly [fact: string, play: () => Promise<void>]
const others: Play[] = [
  [
    'Ctrl-C in the middle of the second deploy takes everything away',
    async () => {
      const { code, text } = await tried('creating the containers of green')
      expect(text).toContain('DA-CANCELLED')
      expect(code).toBe(1)
      expect(await left()).toEqual(nothing())
    },
  ],
  [
    'to look at, it stays until Ctrl-C, and that end is a good one',
    async () => {
      const { code, text } = await tried('It stays at https://shop.localhost:', [...ofShop(), '--stay', '5m'])
      expect(text).toContain('output status: tried')
      expect(code).toBe(0)
      expect(await left()).toEqual(nothing())
    },
  ],
  [
    'a whole stack is tried by the command of its README: PostgreSQL, Redis and a store beside the app, migrated before each deploy',
    async () => {
      const stack = await ensureStack()
      const registry = await atLoopback('registry')
      const ofLab = standIns(registry, (name, tag) => stack.image(name, tag).replace(/^[^/]+/, registry))
      const example = mkdtempSync(join(tmpdir(), 'tried-chitram-'))
      try {
        cpSync(join(root, 'examples/one-droplet-pipeline'), example, { recursive: true })
        for (const name of ['Dockerfile', 'deploy/docker-compose.yml'])
          writeFileSync(join(example, name), ofLab(readFileSync(join(example, name), 'utf8')))
        const command = /`npx \. try --directory \. ([^`]*)`/.exec(readFileSync(join(example, 'README.md'), 'utf8'))?.[1] ?? ''
        const { code, text } = await tried(undefined, ['--directory', example, '--app', 'chitram', ...command.split(' ')])
        expect(text).toContain('output applied: ["0001"]')
        expect(text).toMatch(/^[1-9]\d+ visits during the second deploy and the rollback, 0 lost$/m)
        expect(code).toBe(0)
      } finally {
        rmSync(example, { recursive: true })
      }
      expect(await left()).toEqual(nothing())
    },
  ],
]

// Each takes a minute: one a day, all with LAB_FULL=1.
for (const [fact, play] of full ? others : ofTheDay(others, 1, ([name]) => name)) test(fact, play)
