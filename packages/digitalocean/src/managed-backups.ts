import { UserError } from '@deploy-actions/kit'
import { ApiRefusal, badResponse } from './failures.ts'
import { isObject, objectsIn, textOf } from './json-value.ts'
import type { Transport } from './transport.ts'

/** A backup that DigitalOcean made of a managed database. */
export interface ManagedBackup {
  /** Such as `2026-06-29T20:40:00Z`. */
  readonly createdAt: string
  readonly ageHours: number
  readonly gigabytes: number
}

const HOUR_MS = 3_600_000

/**
 * The newest backup of a database cluster. Nothing is changed: the API has no call that makes one.
 * @param cluster its id @param now milliseconds since 1970
 * @throws UserError DA-BACKUP-STALE when it is older than `maxAgeHours`, or there is none; DA-DO-DATABASE
 */
export async function requireFreshBackup(
  transport: Transport,
  { cluster, maxAgeHours, now }: { readonly cluster: string; readonly maxAgeHours: number; readonly now: number },
): Promise<ManagedBackup> {
  const call = { method: 'GET', path: `/v2/databases/${cluster}/backups` } as const
  const answer = await transport.send(call).catch((error: unknown) => {
    throw error instanceof ApiRefusal && error.status === 404 ? noCluster(cluster, error) : error
  })
  if (!isObject(answer)) throw badResponse(call)
  const times = objectsIn(answer.backups).map((one) => ({ ...one, at: Date.parse(textOf(one.created_at)) }))
  if (times.some(({ at }) => Number.isNaN(at))) throw badResponse(call)
  const [newest] = times.toSorted((a, b) => b.at - a.at)
  const schedule = scheduleIn(answer)
  if (newest === undefined) throw stale(`the database cluster ${cluster} has no backup at all`, schedule)
  const createdAt = new Date(newest.at).toISOString().replace('.000Z', 'Z')
  const ageHours = Math.max(0, (now - newest.at) / HOUR_MS)
  const gigabytes = 'size_gigabytes' in newest && typeof newest.size_gigabytes === 'number' ? newest.size_gigabytes : 0
  if (ageHours <= maxAgeHours) return { createdAt, ageHours, gigabytes }
  const message = `the newest backup of the database cluster ${cluster} is of ${createdAt}, ${hours(ageHours)} old, and may be ${maxAgeHours} h`
  throw stale(message, schedule)
}

/** `51.2 h` */
export const hours = (count: number): string => `${count.toFixed(1)} h`

/** When DigitalOcean makes them, and whether it is at it. */
function scheduleIn({ scheduled_backup_time: schedule, backup_progress: progress }: { readonly [key: string]: unknown }): string {
  const { backup_hour: hour, backup_minute: minute, backup_interval_hours: every } = isObject(schedule) ? schedule : {}
  const two = (value: unknown) => String(value).padStart(2, '0')
  const when = typeof hour === 'number' && typeof minute === 'number' ? `DigitalOcean makes them at ${two(hour)}:${two(minute)} UTC` : ''
  const often = when !== '' && typeof every === 'number' ? `${when}, every ${every} h` : when
  const now = textOf(progress) === '' ? '' : `one is being made now (${textOf(progress)} %)`
  return [often, now].filter(Boolean).join('; ')
}

function stale(message: string, schedule: string): UserError {
  const hint = `${schedule === '' ? '' : `${schedule}. `}Look at the page "Backups" of the cluster, make a dump of your own, or raise \`max-age-hours\`.`
  return new UserError('DA-BACKUP-STALE', message, { hint })
}

function noCluster(cluster: string, cause: unknown): UserError {
  const hint = 'The id stands in the address of the cluster on the web page, and in `doctl databases list`. Is the token of the right team?'
  return new UserError('DA-DO-DATABASE', `there is no managed database cluster of the id ${cluster}`, { hint, cause })
}
