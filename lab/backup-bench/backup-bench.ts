import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { projectOf } from '../../test/lab/migrating-project.ts'
import { machineFacts } from '../bench/machine.ts'
import { type S3Server, startS3 } from '../s3-server.ts'
import { Consumer } from '../scenarios/consumer.ts'
import { measuring } from '../scenarios/measuring.ts'
import { plainTable } from '../scenarios/plain-table.ts'
import { openStage } from '../scenarios/stage.ts'
import { ensureMigrating } from '../stack/migrating.ts'
import { labFolder } from '../state.ts'

// What a verified backup, its restore and a drill cost, beside pg_dump and pg_restore alone, in alternating pairs:
// `npm run bench:backup -- [--megabytes 1024] [--pairs 3] [--store] [--write]`. `--store`: each backup also goes to an S3 store on this machine (moto), and is
// read back from there. `--write` puts the figures into docs/backup-bench.json.

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1024' },
    pairs: { type: 'string', default: '3' },
    store: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const megabytes = Number(values.megabytes)
const pairs = Number(values.pairs)
if (!(megabytes >= 1) || !(pairs >= 1)) throw new Error('--megabytes and --pairs are numbers from 1 on')

const stage = await openStage()
const migrating = await ensureMigrating()
await stage.box.reset()
const images = ['web', 'shop'].map((name) => `${name}=${migrating.image('v3')}`).join('\n')
const consumer = new Consumer(stage, { compose: projectOf(migrating), inputs: { images } })
const folder = mkdtempSync(path.join(tmpdir(), 'backup-bench-'))
const used = path.join(folder, 'used')
let store: S3Server | undefined

const on = async (command: string): Promise<string> => {
  const { code, stdout, stderr } = await stage.box.exec(command)
  if (code !== 0) throw new Error(`${command}: ${stderr || stdout}`)
  return stdout.trim()
}
const sql = (query: string) => on(`docker exec sample-db-1 psql -X -At -U notes -d notes -c "${query}"`)

const timed = async <T>(work: () => Promise<T>): Promise<{ seconds: number; came: T }> => {
  const began = performance.now()
  const came = await work()
  return { seconds: (performance.now() - began) / 1000, came }
}

const peaks: number[] = []
/** One step of ours, with the peak of the runner's memory noted. */
const step = (inputs: Record<string, string>) =>
  timed(async () => {
    const done = await consumer.backup({ ...store?.inputs, ...inputs }, { env: { NODE_OPTIONS: measuring(used) }, limit: 3_600_000 })
    if (done.code !== 0) throw new Error(`${inputs.operation ?? 'create'} failed:\n${done.stdout}${done.stderr}`)
    peaks.push((JSON.parse(readFileSync(used, 'utf8')) as NodeJS.ResourceUsage).maxRSS / 1024)
    return done.outputs
  })

const plainDump = () => timed(() => on('docker exec sample-db-1 pg_dump -U notes -d notes --format=custom >/root/plain.dump'))
const plainRestore = (name: string) =>
  timed(() =>
    on(`docker exec sample-db-1 createdb -U notes ${name} && docker exec -i sample-db-1 pg_restore -U notes -d ${name} </root/plain.dump`),
  )

/** Each way first in every other pair, so that what the machine does besides falls on both. */
async function inPairs(
  ours: (at: number) => Promise<{ seconds: number }>,
  plain: (at: number) => Promise<{ seconds: number }>,
  after: (at: number) => Promise<unknown>,
) {
  const found: { ours: number; plain: number }[] = []
  for (let at = 0; at < pairs; at++) {
    const first = at % 2 === 0 ? await ours(at) : undefined
    const other = await plain(at)
    found.push({ ours: (first ?? (await ours(at))).seconds, plain: other.seconds })
    await after(at)
  }
  return found
}

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] as number
const rounded = (value: number): number => Math.round(value * 100) / 100

try {
  const deploy = { routes: ':80 -> web:8000', switch: 'shop:8001', verify: `${stage.url}/health 200`, 'verify-for': '0s' }
  for (const inputs of [
    { tool: 'alembic', service: 'web', to: '0003' },
    { tool: 'django', service: 'shop', to: 'notes.0003' },
  ]) {
    const migrated = await consumer.migrate({ ...inputs, phase: 'expand' })
    if (migrated.status !== 'applied') throw new Error(`no database to begin with:\n${migrated.stdout}${migrated.stderr}`)
  }
  const deployed = await consumer.deploy('v3', { inputs: { ...deploy, images } })
  if (deployed.status !== 'deployed') throw new Error(`nothing to back up:\n${deployed.stdout}${deployed.stderr}`)
  if (values.store) store = await startS3()
  // Rows of a KiB that no compression makes much smaller than their half.
  await sql('create table bench (id bigint primary key, body text)')
  await sql(
    `insert into bench select i, (select string_agg(md5(random()::text || i || j), '') from generate_series(1, 32) j) from generate_series(1, ${megabytes * 1024}) i`,
  )
  let id = ''
  const create = async () => {
    const made = await step({})
    id = made.came.id as string
    return made
  }
  const dumps = await inPairs(create, plainDump, async () => undefined)
  const restores = await inPairs(
    (at) => step({ operation: 'restore', id, into: `ours_${at}` }),
    (at) => plainRestore(`plain_${at}`),
    async (at) => {
      for (const name of [`ours_${at}`, `plain_${at}`]) await on(`docker exec sample-db-1 dropdb -U notes ${name}`)
    },
  )
  const drill = await step({ operation: 'drill', checks: 'select count(*) > 0 from bench => t' })
  const row = (what: string, found: readonly { ours: number; plain: number }[]) => {
    const ratio = median(found.map(({ ours, plain }) => ours / plain))
    return {
      what,
      ours: rounded(median(found.map(({ ours }) => ours))),
      plain: rounded(median(found.map(({ plain }) => plain))),
      ratio: rounded(ratio),
    }
  }
  const rows = [row('create and pg_dump', dumps), row('restore into and pg_restore', restores)]
  const figures = {
    ...{
      megabytes,
      pairs,
      store: values.store,
      rows,
      drillSeconds: rounded(drill.seconds),
      peakRunnerMegabytes: Math.round(Math.max(...peaks)),
    },
    dumpBytes: Number(await on(`stat -c %s /opt/sample/backups/${id}/database.dump`)),
    date: new Date().toISOString().slice(0, 10),
    machine: await machineFacts(stage),
  }
  console.log(
    plainTable(
      ['seconds, medians', 'ours', 'plain', 'ratio'],
      rows.map(({ what, ours, plain, ratio }) => [what, String(ours), String(plain), String(ratio)]),
    ),
  )
  console.log(
    `drill ${figures.drillSeconds} s; peak of the runner ${figures.peakRunnerMegabytes} MB; database ${megabytes} MB, dump ${Math.round(figures.dumpBytes / 1e6)} MB`,
  )
  console.log('Ours are whole steps: start, connection, and each dump read back to its end before it counts.')
  if (values.write) writeFileSync(path.join(labFolder, '../docs/backup-bench.json'), `${JSON.stringify(figures, null, 2)}\n`)
} finally {
  consumer.close()
  await store?.stop()
  await stage.box.reset()
  rmSync(folder, { recursive: true, force: true })
}
