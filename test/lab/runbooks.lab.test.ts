import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { subnet } from '../../lab/boxes.ts'
import { startS3 } from '../../lab/s3-server.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { ensureStack } from '../../lab/stack/stack.ts'
import { testWith } from '../needs-tool.ts'
import { runbook, Terminal } from './terminal.ts'

// The commands of the shorter runbooks, in their order. That of a move has a suite of its own (moving.lab.test.ts).

const GH = `cat >"$KEPT/$3"`
let stage: Stage
let terminal: Terminal
let authorized: string
const words = new Map<string, string>()
beforeAll(async () => {
  stage = await openStage()
  const { box, lab } = stage
  const stack = await ensureStack()
  await box.reset()
  authorized = await root('cat /home/deploy/.ssh/authorized_keys')
  await root('mkdir -p /opt/shop && chown deploy: /opt/shop')
  for (const [theirs, ours] of [
    [' REGISTRY_PASSWORD_FILE=registry.token', ''],
    [
      ' --registry-username ann',
      ` --health 'web: http :8000/health' --verify-for 0s --edge-image ${lab.edgeImage} --insecure-registries ${subnet}`,
    ],
    ['"$(cat known_hosts)"', '"$(cat "$KEPT/shop/known_hosts")"'],
    ['--host 203.0.113.7', `--host deploy@${box.address}`],
    ['203.0.113.7', box.address],
    ['deploy_key', '"$KEPT/deploy_key"'],
    ['/ deploy shop$/', `/ ${authorized.split(' ').at(-1)}$/`],
    ['store.key', '"$KEPT/store.key"'],
    ['key.txt', '"$KEPT/key.txt"'],
  ] as const)
    words.set(theirs, ours)
  terminal = new Terminal([box], { ours: words, programs: { gh: GH } })
  terminal.write(
    'shop/compose.yaml',
    `
services:
  db:
    image: ${stack.address}/postgres:15
    environment: { POSTGRES_USER: notes, POSTGRES_DB: notes, POSTGRES_PASSWORD: only-here }
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: { test: pg_isready -U notes -d notes -h 127.0.0.1, interval: 2s }
    restart: unless-stopped
  web: { image: sample/web, depends_on: { db: { condition: service_healthy } }, restart: unless-stopped }
volumes: { data: }
`,
  )
  for (const version of ['v1', 'v2', 'v3', 'v4']) await deploy(version)
})
afterAll(async () => {
  await stage.box.exec('cat >/home/deploy/.ssh/authorized_keys', { stdin: `${authorized}\n` })
  terminal?.close()
  await stage.box.reset()
})

async function root(command: string): Promise<string> {
  const { code, stdout, stderr } = await stage.box.exec(command)
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stderr}`)
  return stdout.trim()
}
/** On the host, by the user who deploys. */
async function host(command: string): Promise<string> {
  const { code, stdout, stderr } = await stage.box.exec(command, { user: 'deploy', timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stdout}${stderr}`)
  return `${stdout}${stderr}`
}
/** "Without GitHub", with the image of this version. */
async function deploy(version: string, flags = ''): Promise<string> {
  const [block = []] = runbook('Without GitHub')
  const command = block.join('\n').replace('ghcr.io/acme/shop@sha256:…', stage.lab.image('web', version))
  expect(command).toMatch(/ --dry-run$/)
  return terminal.do(command.replace(/ --dry-run$/, flags), terminal.folder)
}
const version = async () => ((await (await fetch(stage.url)).json()) as { version: string }).version
const sql = (query: string) => root(`docker exec shop-db-1 psql -X -At -U notes -d notes -c "${query}"`)
const idIn = (text: string) => /\d{8}T\d{6}Z/.exec(text)?.[0] ?? 'none'

test('without GitHub: the dry run shows the plan and changes nothing', async () => {
  const live = await root('readlink /opt/shop/current')
  expect(await deploy('v3', ' --dry-run')).toContain('web')
  expect([await root('readlink /opt/shop/current'), await version()]).toEqual([live, 'v4'])
})

test('look around: status, logs, log and doctor, one after the other', async () => {
  const [lines = []] = runbook('Look around')
  const said = []
  for (const line of lines) said.push(await host(line))
  expect(said.map((text) => /^live {6}|web v4|"event":"live"|all is well/m.exec(text)?.[0])).toEqual([
    'live      ',
    'web v4',
    '"event":"live"',
    'all is well',
  ])
})

test('roll back: the list, the release before, and two further back with the environment of now', async () => {
  const [lines = []] = runbook('Roll back')
  expect(lines.map((line) => line.split('/release ')[1])).toEqual(['list', 'rollback', 'rollback --to -2 --env current'])
  expect(await host(lines[0] as string)).toMatch(/ live +live +/)
  await host(lines[1] as string)
  expect(await version()).toBe('v3')
  await host(lines[2] as string)
  expect(await version()).toBe('v1')
})

test('restore the database: visitors see the page meanwhile, and the rows are those of the backup', async () => {
  const [lines = []] = runbook('Restore the database')
  await sql("create table kept as select 'before' as word")
  await host('/opt/shop/bin/release backup create')
  await sql("update kept set word = 'spoilt'")
  let id = 'none'
  for (const line of lines) {
    const said = await host(line.replace('20261121T031700Z', id))
    if (line.endsWith('backup list')) id = idIn(said)
    const off = line.endsWith('maintenance off')
    expect([line, (await fetch(`${stage.url}/health`)).status]).toEqual([line, off ? 200 : 503])
  }
  expect(await sql('select word from kept')).toBe('before')
})

testWith(
  'moto_server',
  'restore the database from a store: listed and brought back by the action, after all on the host is gone',
  async () => {
    const s3 = await startS3()
    try {
      const identity = await generateIdentity()
      terminal.write('store.key', s3.inputs['s3-secret-key'] as string)
      terminal.write('key.txt', identity)
      const [, lines = []] = runbook('Restore the database')
      const ours = (text: string) =>
        text
          .replace('S3_ACCESS_KEY=…', `S3_ACCESS_KEY=${s3.inputs['s3-access-key']}`)
          .replaceAll('https://nyc3.digitaloceanspaces.com', s3.inputs['s3-endpoint'] as string)
          .replaceAll('acme-backups', s3.inputs['s3-bucket'] as string)
      const [keys = '', list = '', restore = ''] = lines.map(ours)
      const create = list.replace('--operation list', `--operation create --encrypt-to ${await identityToRecipient(identity)}`)
      const id = idIn(await terminal.do(`${keys}\n${create}`))
      await sql("update kept set word = 'spoilt again'")
      await root('rm -rf /opt/shop/backups')
      expect(await terminal.do(`${keys}\n${list}`)).toContain(id)
      await terminal.do(`${keys}\n${restore.replace('20261121T031700Z', id)}`)
      expect(await sql('select word from kept')).toBe('before')
    } finally {
      await s3.stop()
    }
  },
)

test('the deploy key: the new one gets in beside the old one, and alone when that is out', async () => {
  const [beside = [], out = []] = runbook('The deploy key')
  for (const line of beside) await terminal.do(line)
  const made = readFileSync(join(terminal.folder, 'deploy_key'), 'utf8')
  expect(readFileSync(join(terminal.folder, 'DEPLOY_SSH_KEY'), 'utf8')).toBe(made)
  const live = await root('readlink /opt/shop/current')
  expect((await root('cat /home/deploy/.ssh/authorized_keys')).split('\n')).toHaveLength(2)
  const [remove = '', show = '', dryRun = ''] = out
  await terminal.do(remove)
  // Whoever goes on does it with the new key: the old one is out.
  expect((await terminal.type(show)).code).toBe(255)
  const left = await terminal.do(show.replace('ssh ', 'ssh -o IdentitiesOnly=yes -i deploy_key '))
  expect(left.trim()).toBe(readFileSync(join(terminal.folder, 'deploy_key.pub'), 'utf8').trim())
  await terminal.do(dryRun)
  expect((await terminal.type(dryRun.replace('SSH_KEY_FILE=deploy_key', 'SSH_KEY_FILE=~/.ssh/id_ed25519'))).text).toContain('DA-SSH')
  expect(await root('readlink /opt/shop/current')).toBe(live)
})
