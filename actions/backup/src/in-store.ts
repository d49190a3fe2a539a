import { type BackupStore, keptBy, listStore, manifestValue, pruneStore, type StoredBackup, timeOf } from '@deploy-actions/backups'
import { hours } from '@deploy-actions/digitalocean'
import { type Log, type Run, UserError, type Verdict } from '@deploy-actions/kit'
import type { BackupInputs } from './inputs.ts'
import { verifyStored } from './verify-stored.ts'

type StoreInputs = Pick<BackupInputs, 'operation' | 'service' | 'id' | 'ageKey' | 'retention' | 'maxAgeHours' | 'dryRun'>
type Ports = Pick<Run, 'clock' | 'log' | 'outputs' | 'summary'>

const HOUR_MS = 3_600_000
const HEADINGS = {
  listed: '📋 Listed',
  verified: '✅ Verified',
  pruned: '✅ Pruned',
  planned: '📋 Planned: nothing was touched',
  fresh: '✅ Backups are fresh',
}

/** What the store alone answers: for backups of a job, which no host has. @throws UserError DA-BACKUP-…, DA-STORE-… */
export async function inStore(inputs: StoreInputs, store: BackupStore, { clock, log, outputs, summary }: Ports): Promise<Verdict> {
  const { operation, dryRun } = inputs
  const all = ofName((await store.contents()).backups, inputs.service)
  const backups = all.filter((backup) => !store.isAhead(backup))
  const newest = backups.at(-1)
  if (operation === 'list') listStore(store, all, [], log)
  if (operation === 'verify') await verify(inputs, all, store, log)
  if (operation === 'prune') await prune(inputs, backups, store, log)
  if (operation === 'check-store') requireFresh(inputs, backups, store, { log, now: clock.now() })
  const status = operation === 'prune' && dryRun ? 'planned' : ENDED[operation as keyof typeof ENDED]
  outputs.set('status', status)
  outputs.set('id', newest?.id ?? '')
  outputs.set('newest', newest === undefined ? '' : writtenTime(newest))
  summary.heading(`${HEADINGS[status]} — ${store.name}`)
  const rows = [...Map.groupBy(backups, nameOf)].map(([name, of]) => [name, String(of.length), `\`${(of.at(-1) as StoredBackup).id}\``])
  summary.table(['Database', 'Backups', 'Newest'], rows)
  return 'ok'
}

const ENDED = { list: 'listed', verify: 'verified', prune: 'pruned', 'check-store': 'fresh' } as const

/** What a backup is of, as the manifest has it: `url:shop` of the database `shop` at an address, `db` of a service. */
const nameOf = (backup: StoredBackup): string => manifestValue(backup, 'service')

/** Those of a database or a service, as the manifest has it or by its own name; of all where none is given. */
const ofName = (backups: readonly StoredBackup[], name: string | undefined): StoredBackup[] =>
  backups.filter((backup) => name === undefined || [name, `url:${name}`].includes(nameOf(backup)))

async function verify({ id, service, ageKey }: StoreInputs, backups: readonly StoredBackup[], store: BackupStore, log: Log): Promise<void> {
  const whose = service === undefined ? [undefined] : [...new Set(backups.map(nameOf)), ...(backups.length === 0 ? [service] : [])]
  const verified: string[] = []
  for (const one of whose) verified.push(...(await verifyStored(store, { service: one, id, ageKey }, log)))
  if (id === undefined || verified.length > 0) return
  const other = nameOf(await store.find(id))
  throw new UserError('DA-BACKUP-UNKNOWN', `${id} in ${store.name} is a backup of ${other}, not of ${service}: nothing was verified`)
}

/** What a host made may be needed by a release that it keeps: only it can tell. */
async function prune(
  { service = '', retention, dryRun }: StoreInputs,
  backups: readonly StoredBackup[],
  store: BackupStore,
  log: Log,
): Promise<void> {
  const keeper = { kept: async (ids: readonly string[], rule: readonly number[]) => keptBy(ids, rule) }
  if (backups.length === 0) {
    log.warning(`there is no whole backup${service && ` of ${service}`} in ${store.name}: only what is left over of runs that died may go`)
    await pruneStore(keeper, store, service, retention, { dryRun, log })
  }
  for (const [name, of] of Map.groupBy(backups, nameOf)) {
    if (of.every((backup) => manifestValue(backup, 'release') === '')) await pruneStore(keeper, store, name, retention, { dryRun, log })
    else log.warning(`backups of ${name} stay: a host made them, and knows which its releases need. Give \`host\` to prune them`)
  }
}

function requireFresh(
  { service, maxAgeHours }: StoreInputs,
  backups: readonly StoredBackup[],
  store: BackupStore,
  { log, now }: { log: Log; now: number },
): void {
  if (backups.length === 0) throw stale(`there is no whole backup${service === undefined ? '' : ` of ${service}`} in ${store.name}`)
  const told = [...Map.groupBy(backups, nameOf)].map(([name, of]) => {
    const newest = of.at(-1) as StoredBackup
    const ageHours = Math.max(0, (now - timeOf(newest.id)) / HOUR_MS)
    return { name, ageHours, words: `the newest backup of ${name} in ${store.name} is of ${writtenTime(newest)}, ${hours(ageHours)} old` }
  })
  const old = told.filter(({ ageHours }) => ageHours > maxAgeHours)
  const fresh = told.filter((one) => !old.includes(one)).map(({ name }) => name)
  if (old.length > 0) throw stale(`${old.map(({ words }) => words).join('; ')}, and may be ${maxAgeHours} h`, inUse(fresh))
  for (const { words } of told) log.info(words)
}

const writtenTime = ({ id }: StoredBackup): string => new Date(timeOf(id)).toISOString().replace('.000Z', 'Z')

/** After a restore into another database the one of before gets no backups any more. */
const inUse = (fresh: readonly string[]): string =>
  fresh.length === 0
    ? ''
    : ` If it is not used any more, as after a restore into ${fresh.join(' or ')}, name with \`service\` the one that is, or give that one the old name.`

const stale = (message: string, more = ''): UserError =>
  new UserError('DA-BACKUP-STALE', message, {
    hint: `Look at the last runs of the job or the timer that makes them, and whether \`app\` and \`s3-prefix\` are those that it uses; or raise \`max-age-hours\`.${more}`,
  })
