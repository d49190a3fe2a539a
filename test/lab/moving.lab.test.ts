import { readFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { subnet } from '../../lab/boxes.ts'
import type { Box } from '../../lab/lab.ts'
import { type S3Server, startS3 } from '../../lab/s3-server.ts'
import { openStages, type Stage } from '../../lab/scenarios/stage.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { ensureMigrating, type Migrating } from '../../lab/stack/migrating.ts'
import { testWith } from '../needs-tool.ts'
import { runbook, Terminal } from './terminal.ts'
import { Visitors } from './visitors.ts'

// The runbooks "Moving to another host" and "Host lost", their very commands in their order, the first while visitors write. What only a name server and GitHub could do is done by stand-ins;
// the name is one for which every Caddy asks its own authority, which stands for Let's Encrypt.

const NAME = 'shop.local'
const URL = 'postgresql://notes:only-here@db:5432/notes'

/** A web service, and a worker that writes whether anybody visits or not. */
const composeOf = ({ stack, image }: Migrating): string => `
services:
  db:
    image: ${stack.address}/postgres:15
    environment: { POSTGRES_USER: notes, POSTGRES_DB: notes, POSTGRES_PASSWORD: only-here }
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: { test: pg_isready -U notes -d notes -h 127.0.0.1, interval: 2s }
    restart: unless-stopped
  schema:
    image: ${image('v3')}
    working_dir: /srv/fastapi-alembic
    command: alembic upgrade head
    environment: { DATABASE_URL: "${URL}" }
    depends_on: { db: { condition: service_healthy } }
  web:
    image: ${stack.address}/migrating
    working_dir: /srv/fastapi-alembic
    command: uvicorn main:app --host 0.0.0.0 --port 8000 --no-access-log
    env_file: /opt/shop/env/web.env
    depends_on: { db: { condition: service_healthy }, schema: { condition: service_completed_successfully } }
    healthcheck: { test: ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"], interval: 2s }
    restart: unless-stopped
  worker:
    image: ${stack.address}/postgres:15
    entrypoint: [sh, -c, 'while sleep 0.2; do psql -qc "insert into notes (sha256, bytes, author) values (md5(random()::text), 0, ''worker'')" ${URL}; done']
    volumes: [uploads:/srv/uploads]
    stop_signal: SIGKILL
    depends_on: { db: { condition: service_healthy }, schema: { condition: service_completed_successfully } }
    restart: unless-stopped
volumes: { data: , uploads: }
`
/** DigitalOcean's and GitHub's programs: where the name leads, and what was set, are files. */
const DOCTL = `while [ $# -gt 0 ]; do [ "$1" != --record-data ] || printf %s "$2" >"$KEPT/dns.next"; shift; done; [ ! -e "$KEPT/dns.next" ] || mv "$KEPT/dns.next" "$KEPT/dns"`
const GH = `if [ "$6" = --body ]; then printf '%s' "$7"; else cat; fi >"$KEPT/$3"`

const [names = []] = runbook('Moving to another host')
const before = runbook('Days before')
const evening = runbook('The evening')
const wayBack = runbook('The way back')
const lost = runbook('Host lost')

let stages: Stage[] = []
let old: Box
let fresh: Box
let s3: S3Server
let terminal: Terminal
let visitors: Visitors
let identity: string
let ca: string
beforeAll(async () => {
  stages = await openStages(2)
  ;[old, fresh] = stages.map(({ box }) => box) as [Box, Box]
  await Promise.all(stages.map(({ box }) => box.reset()))
  const migrating = await ensureMigrating()
  s3 = await startS3()
  identity = await generateIdentity()
  const { edgeImage } = (stages[0] as Stage).lab
  const ours = new Map([
    [' REGISTRY_PASSWORD_FILE=registry.token', ''],
    [' --registry-username ann', ` --edge-image ${edgeImage} --insecure-registries ${subnet} --verify-for 1s`],
    ['ghcr.io/acme/shop@sha256:…', migrating.image('v3')],
    ['S3_ACCESS_KEY=…', `S3_ACCESS_KEY=${s3.inputs['s3-access-key']}`],
    ['https://nyc3.digitaloceanspaces.com', s3.inputs['s3-endpoint'] as string],
    ['acme-backups', s3.inputs['s3-bucket'] as string],
    ['age1…', await identityToRecipient(identity)],
    ['count(*) > 100 from orders', 'count(*) > 0 from notes'],
    // An authority of Caddy's own issues for hours, and nobody else trusts it.
    ['--resolve ', '--tls-ca "$KEPT/ca" --tls-min-days 0 --tls-warn-days 0 --interval 200ms --resolve '],
    ['shop.example.com', NAME],
    ['203.0.113.7', old.address],
    ['203.0.113.9', fresh.address],
    ['198.51.100.7', await ourAddress(fresh)],
    ['<web.env', '<"$KEPT/web.env"'],
    ['store.key', '"$KEPT/store.key"'],
    ['key.txt', '"$KEPT/key.txt"'],
  ])
  terminal = new Terminal([old, fresh], { first: names.join('\n'), ours, programs: { doctl: DOCTL, gh: GH } })
  terminal.write('store.key', s3.inputs['s3-secret-key'] as string)
  terminal.write('shop/compose.yaml', composeOf(migrating))
  terminal.write('dns', old.address)
  terminal.write('web.env', `DATABASE_URL=${URL}\nGREETING=hello\n`)
  await terminal.do((lost[0] as string[])[0]?.replace('$NEW', '$OLD') as string)
  await terminal.do(deploy().replace('"$NEW"', '"$OLD"'))
  ca = await authority(old)
  terminal.write('ca', ca)
  const dns = () => readFileSync(join(terminal.folder, 'dns'), 'utf8')
  visitors = new Visitors({ name: NAME, addresses: [dns, dns, later(dns, 5_000)], ca })
})
afterAll(async () => {
  await visitors?.stop()
  terminal?.close()
  await s3?.stop()
  await Promise.all(stages.map(({ box }) => box.reset()))
})
beforeEach(() => {
  for (const list of [visitors.acknowledged, visitors.closed, visitors.problems]) list.length = 0
})

/** The resolver of somebody who hears of a change only after that time. */
function later(address: () => string, milliseconds: number): () => string {
  const heard = [{ address: address(), at: 0 }]
  return () => {
    const now = address()
    if (heard.at(-1)?.address !== now) heard.push({ address: now, at: Date.now() + milliseconds })
    return heard.findLast(({ at }) => at <= Date.now())?.address ?? now
  }
}

async function on(box: Box, command: string): Promise<string> {
  const { code, stdout, stderr } = await box.exec(command)
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stderr}`)
  return stdout.trim()
}
const sql = (box: Box, query: string) => on(box, `docker exec shop-db-1 psql -X -At -U notes -d notes -c "${query}"`)
const rows = (box: Box) => sql(box, "select count(*) || ' to ' || max(id) from notes")
const ofWorker = async (box: Box) => Number(await sql(box, "select count(*) from notes where author = 'worker'"))
const deploy = () => (before[2] as string[]).find((line) => line.includes('deploy-compose-ssh')) as string

const authority = (box: Box) => on(box, 'cat /opt/shop/edge/data/caddy/pki/authorities/local/root.crt')

/** What this machine's address is to that host. */
const ourAddress = (box: Box): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connectPlain(22, box.address, () => {
      resolve(socket.localAddress ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
  })

/** The serial number of the certificate that this host shows, when its edge listens: `docker restart` ends before it does. */
const serial = async (box: Box): Promise<string> => {
  for (let left = 100; ; left -= 1) {
    try {
      return await serialNow(box)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || left === 0) throw error
      await sleep(100)
    }
  }
}
const serialNow = (box: Box): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: box.address, port: 443, servername: NAME, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })

/** Every row that the app has said by now that it has is there, once. */
async function expectRowsOn(box: Box, acknowledged: readonly { readonly sha256: string }[]): Promise<void> {
  const wanted = [...acknowledged]
  const there = (await sql(box, 'select sha256 from notes')).split('\n')
  const counts = new Map<string, number>()
  for (const one of there) counts.set(one, (counts.get(one) ?? 0) + 1)
  expect(wanted.length).toBeGreaterThan(20)
  expect(wanted.filter(({ sha256 }) => counts.get(sha256) !== 1)).toEqual([])
}

/** Types these lines, the restore with the id that the backup before it printed. */
async function type(lines: readonly string[]): Promise<string> {
  let said = ''
  for (const line of lines) {
    const id = [...said.matchAll(/\d{8}T\d{6}Z/g)].at(-1)?.[0] ?? ''
    said += await terminal.do(line.replace('20261121T031700Z', () => id))
  }
  return said
}

/** Visitors are at work: what they meet from now on is what the next command finds. */
const aWhile = () => sleep(2_000)
const all: { sha256: string }[] = []

testWith(
  'moto_server',
  'days before: the new host has the release, its env file and its certificate, and a rehearsal ends well',
  async () => {
    const whats = [/record-ttl/, /tar -cz/, /deploy-compose-ssh/, /--operation drill/]
    expect(before.map((block, at) => whats[at]?.test(block.join('\n')))).toEqual([true, true, true, true])
    const [ttl = [], copy = [], release = [], rehearsal = []] = before
    // The third asks the name servers of the world.
    expect(ttl[2]).toMatch(/^npx \. doctor /)
    await type(ttl.slice(0, 2))
    await type(copy)
    const said = await type(release)
    expect(said).toMatch(/^web\t\S+\/migrating@sha256:[0-9a-f]{64}$/m)
    expect(await on(fresh, 'stat -c %a /opt/shop/env/web.env && cat /opt/shop/env/web.env')).toBe(
      `600\nDATABASE_URL=${URL}\nGREETING=hello`,
    )
    expect(await serial(fresh)).toBe(await serial(old))
    terminal.write('key.txt', identity)
    expect(await type(rehearsal)).toContain('the scratch database is dropped')
    expect([visitors.problems, visitors.closed]).toEqual([[], []])
    await expectRowsOn(old, visitors.acknowledged)
  },
)

testWith(
  'moto_server',
  'the evening goes wrong: the restore fails on the new host, and the way back brings the visitors back',
  async () => {
    const [close = [], move = []] = evening
    await type(close)
    const closedWith = await rows(old)
    terminal.write('key.txt', await generateIdentity())
    const [create = '', restore = ''] = move
    const id = /\d{8}T\d{6}Z/.exec(await terminal.do(create))?.[0] ?? ''
    const failed = await terminal.type(restore.replace('20261121T031700Z', id))
    expect([failed.code, failed.text]).toEqual([1, expect.stringMatching(/DA-STORE-\S+|DA-BACKUP-\S+/)])
    await aWhile()
    expect(await rows(old)).toBe(closedWith)
    expect(visitors.closed.length).toBeGreaterThan(20)

    const [nobody = []] = wayBack
    await type(nobody)
    const back = visitors.acknowledged.length
    await aWhile()
    expect(visitors.acknowledged.length).toBeGreaterThan(back + 10)
    expect(visitors.problems).toEqual([])
    expect(await ofWorker(old)).toBeGreaterThan(0)
    await expectRowsOn(old, visitors.acknowledged)
    expect(new Set([...visitors.acknowledged, ...visitors.closed.map((address) => ({ address }))].map(({ address }) => address))).toEqual(
      new Set([old.address]),
    )
  },
)

testWith(
  'moto_server',
  'the evening: every row that was acknowledged is on the new host, none came to the old one after it was closed',
  async () => {
    terminal.write('key.txt', identity)
    const [close = [], move = [], dns = []] = evening
    await aWhile()
    await type(close)
    const closedWith = await rows(old)
    const worker = await ofWorker(old)
    await type(move)
    // Those of the new host wait until it is decided.
    expect(await ofWorker(fresh)).toBe(worker)
    expect(await on(old, 'cat /opt/shop/switch/maintenance.html')).toContain('Back soon')
    await type(dns)
    await sleep(8_000)
    expect(visitors.problems).toEqual([])
    expect(await rows(old)).toBe(closedWith)
    await expectRowsOn(fresh, visitors.acknowledged)
    const at = (address: string) => visitors.acknowledged.filter((row) => row.address === address).length
    expect([at(old.address) > 0, at(fresh.address) > 20]).toEqual([true, true])
    expect(new Set(visitors.closed)).toEqual(new Set([old.address]))
    expect(await ofWorker(fresh)).toBeGreaterThan(worker)
    const kept = (name: string) => readFileSync(join(terminal.folder, name), 'utf8')
    expect(kept('DEPLOY_HOST')).toBe(fresh.address)
    expect(kept('DEPLOY_KNOWN_HOSTS').split('\n')[0]).toMatch(new RegExp(`^${fresh.address} ssh-ed25519 `))
    all.push(...visitors.acknowledged)
  },
)

testWith('moto_server', 'the way back after visitors wrote: their rows are on the old host, and the new one gets none', async () => {
  const [, wrote = []] = wayBack
  await aWhile()
  const closing = wrote.slice(0, 2)
  expect(closing.join('\n')).toMatch(/maintenance on\n.*docker stop/)
  await type(closing)
  const closedWith = await rows(fresh)
  await type(wrote.slice(2))
  await sleep(8_000)
  expect(visitors.problems).toEqual([])
  expect(await rows(fresh)).toBe(closedWith)
  await expectRowsOn(old, [...all, ...visitors.acknowledged])
  expect(visitors.acknowledged.filter(({ address }) => address === old.address).length).toBeGreaterThan(20)
  expect(visitors.closed).toContain(fresh.address)
  expect(await on(old, '/opt/shop/bin/release doctor')).toContain('all is well')
})

testWith('moto_server', 'host lost: a bare one has release, rows and uploads of the last backup before visitors get in', async () => {
  await visitors.stop()
  const [worker, picture] = ['docker exec -u 0 shop-worker-1', '/srv/uploads/cat.png']
  await on(old, `${worker} sh -c 'echo meow >${picture} && chown 1000:1000 ${picture} && touch -d @1700000000 ${picture}'`)
  await on(old, 'docker stop shop-worker-1')
  const last = await rows(old)
  const id = /\d{8}T\d{6}Z/.exec(await terminal.do('backup "$OLD" --operation create --encrypt-to age1… --volumes uploads'))?.[0] ?? ''
  await Promise.all([old, fresh].map((box) => box.reset()))

  const whats = [/deploy-compose-ssh/, /--operation restore/, /record-data/, /DEPLOY_HOST/]
  expect(lost.map((block, at) => whats[at]?.test(block.join('\n')))).toEqual([true, true, true, true])
  const [release = [], data = [], open = [], lead = []] = lost
  await type(release)
  terminal.write('ca', await authority(fresh))
  terminal.write('key.txt', identity)
  for (const line of data) {
    const said = await terminal.do(line.replace('20261121T031700Z', id))
    if (line.endsWith('list')) expect(said.match(/\d{8}T\d{6}Z/g)?.at(-1)).toBe(id)
  }
  expect(await rows(fresh)).toBe(last)
  await type(open.slice(0, -1))
  expect(await on(fresh, '/opt/shop/bin/release status')).toContain('visitors  get the maintenance page')
  await type(open.slice(-1))
  expect(await on(fresh, '/opt/shop/bin/release status')).not.toContain('maintenance page')
  expect(await on(fresh, `${worker} sh -c 'cat ${picture}; stat -c "%u:%g %Y" ${picture}'`)).toBe('meow\n1000:1000 1700000000')
  expect(readFileSync(join(terminal.folder, 'dns'), 'utf8')).toBe(fresh.address)
  expect(await on(old, 'ls -A /opt')).not.toContain('shop')
  await type(lead)
  expect(readFileSync(join(terminal.folder, 'DEPLOY_HOST'), 'utf8')).toBe(fresh.address)
})
