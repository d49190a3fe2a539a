import { allOf, type BackupStore, noting, ofService } from '@deploy-actions/backups'
import { type Log, UserError } from '@deploy-actions/kit'

interface Asked {
  /** Whose backups; undefined: all that are there. */
  readonly service: string | undefined
  readonly id?: string | undefined
  readonly ageKey?: readonly string[] | undefined
}

/** Reads all that is there of a service, or the one. Nothing verified is no verdict. @throws UserError DA-BACKUP-UNKNOWN, DA-BACKUP-BROKEN, … */
export async function verifyStored(store: BackupStore, { service, id, ageKey = [] }: Asked, log: Log): Promise<string[]> {
  const { backups, broken } = await store.contents()
  const asked = (service === undefined ? backups : ofService(backups, service)).filter((other) => id === undefined || other.id === id)
  const read = new Set<string>()
  const damage: UserError[] = []
  for (const one of asked)
    await noting(damage, async () => {
      await log.progress(`reading ${one.id} back`, () => store.verify(one, ageKey, read))
      log.info(`${one.id} in the store is as it was uploaded`)
    })
  if (damage.length > 0) throw allOf(damage, `of ${asked.length} backups in ${store.name}`)
  const bad = broken.filter((other) => id === undefined || other === id)
  if (bad.length > 0) throw new UserError('DA-BACKUP-BROKEN', `in ${store.name} these are not whole any more: ${bad.join(' ')}`)
  if (asked.length === 0 && id === undefined) {
    const whose = service === undefined ? '' : ` of ${service === '-' ? 'volumes' : service}`
    throw new UserError('DA-BACKUP-UNKNOWN', `there is no backup${whose} in ${store.name}: nothing could be verified there`)
  }
  return asked.map((one) => one.id)
}
