import type { Clock, Log } from '@deploy-actions/kit'
import { Bucket, placeOf } from '@deploy-actions/s3'
import { BackupStore } from './backup-store.ts'
import type { StoreValues } from './inputs.ts'

export interface StorePorts {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** The store of these inputs for the backups of an app; undefined where none is named. */
export function openStore(values: StoreValues, app: string, { fetch, clock, log, signal }: StorePorts): BackupStore | undefined {
  const place = placeOf(values)
  if (place === undefined) return undefined
  if (place.endpoint.startsWith('http:') && values.encryptTo.length === 0)
    log.warning(`${place.endpoint} speaks no TLS, so whoever listens on the way can read the backups: use https, or encrypt-to`)
  const bucket = new Bucket(place, { fetch, clock, signal })
  return new BackupStore({ bucket, app, prefix: values.s3Prefix, log, now: () => clock.now() })
}
