import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runBundle } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { FakeDigitalOcean } from '../lab/digitalocean/fake.ts'
import type { Spec } from '../lab/digitalocean/take-spec.ts'

// Who has the key of the backups may destroy them, so at App Platform it is in the jobs that make them, and in nothing else.

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')
const README = 'examples/app-platform-pipeline/README.md'
/** The fenced block that has a text in it. */
const blockWith = (path: string, text: string): string =>
  [...read(path).matchAll(/```\w+\n(.*?)```/gs)].map(([, block = '']) => block).find((block) => block.includes(text)) ?? ''

interface Holder {
  readonly name?: string
  readonly run_command?: string
  readonly envs?: readonly { readonly key: string; readonly type?: string }[]
}
const holdersOf = (spec: Spec): Holder[] => [spec, ...['services', 'workers', 'jobs'].flatMap((list) => (spec[list] as Holder[]) ?? [])]
const keysOf = ({ envs = [] }: Holder) => envs.map(({ key }) => key).filter((key) => key.startsWith('BACKUP_'))

test('the README of backup gives the key of the store to the jobs that make backups, and to nothing else', () => {
  const holders = holdersOf(parse(blockWith('actions/backup/README.md', 'BACKUP_S3_SECRET_KEY')))
  for (const holder of holders)
    expect(keysOf(holder).includes('BACKUP_S3_SECRET_KEY')).toBe(holder.run_command?.startsWith('database-backup') === true)
  expect(holders).toHaveLength(3)
})

test("what the example's README says brings the key to its two jobs, and the app, web and worker do not have it", async () => {
  const fake = await FakeDigitalOcean.open({ tick: 4_000 })
  const cwd = mkdtempSync(join(tmpdir(), 'backup-key-'))
  try {
    fake.account.create({ name: 'shop', ...parse(read('examples/app-platform-pipeline/.do/app.yaml')) })
    fake.pass(3_600)
    const [{ env, with: given }] = parse(blockWith(README, 'uses: org/deploy-actions/sync-env'))
    mkdirSync(join(cwd, 'backup'))
    writeFileSync(join(cwd, given['env-file']), blockWith(README, 'BACKUP_APP=shop'))
    const own = { 'digitalocean-token': 'do-token', 'app-name': 'shop', 'api-url': fake.url, 'poll-interval': '50ms' }
    for (const component of [given.component, 'backup-weekly']) {
      const values = Object.fromEntries(Object.keys(env).map((key) => [key, `value of ${key}`]))
      const { code, stdout } = await runBundle('sync-env', { inputs: { ...given, ...own, component }, env: values, cwd })
      expect([code, stdout]).toEqual([0, expect.any(String)])
    }
    const holders = holdersOf(fake.account.named('shop').spec)
    expect(holders.filter((holder) => keysOf(holder).length > 0).map(({ name }) => name)).toEqual(['migrate', 'backup-weekly'])
    for (const job of holders.slice(-2)) {
      expect(keysOf(job).sort()).toEqual(
        ['ACCESS_KEY', 'BUCKET', 'ENDPOINT', 'PREFIX', 'SECRET_KEY'].map((name) => `BACKUP_S3_${name}`).toSpliced(0, 0, 'BACKUP_APP'),
      )
      expect(job.envs?.filter(({ type }) => type === 'SECRET').map(({ key }) => key)).toEqual([
        'BACKUP_S3_ACCESS_KEY',
        'BACKUP_S3_SECRET_KEY',
      ])
    }
  } finally {
    rmSync(cwd, { recursive: true })
    await fake.close()
  }
})
