import type { Log } from '@deploy-actions/kit'

/** What migrates where. */
export interface Where {
  readonly tool: string
  /** The service whose image migrates, and that image. */
  readonly service: string
  readonly image: string
  /** The service that is the database; undefined: it is elsewhere. */
  readonly database: string | undefined
  /** At least one, in their order. */
  readonly hosts: readonly { readonly name: string }[]
}

/** Says in which container it is done, and of several hosts on which one, and whether that is enough for all of them. */
export function tellWhere({ tool, service, image, database, hosts }: Where, log: Log): void {
  log.info(`${tool} in ${service} (${image})${database === undefined ? '' : `; the database is ${database}`}`)
  if (hosts.length < 2) return
  const chosen = `on ${hosts[0]?.name}, the first of ${hosts.length} hosts`
  if (database === undefined)
    log.info(`${chosen}: one is enough where all of them use one database; what each host has for itself is not migrated on the others`)
  else
    log.warning(
      `${chosen}: ${database} is a service of the Compose file, which each host has for itself; those of the others are not migrated`,
    )
}
