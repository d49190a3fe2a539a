import type { ComposeMount, ComposeService } from './compose-model.ts'
import { isStored } from './stored-files.ts'

/** Named volumes and folders of the host that the service may write to: their keys in the file, or paths. What was uploaded is no data. */
export const writableVolumes = (service: ComposeService): string[] => writable(service).flatMap(({ source }) => source ?? [])

/** Sources and targets of what holds a service's data: those where a database keeps its files, or else all that it may write to. */
export function dataMounts(service: ComposeService): string[] {
  const all = writable(service)
  const own = all.filter(({ target }) => DATABASE_FILES.test(target))
  return (own.length === 0 ? all : own).map(({ source, target }) => `${source}:${target}`).sort()
}

/** Whether a folder is mounted to which the images of databases write by themselves; a client has no business there. */
export const hasDatabaseFiles = (service: ComposeService): boolean => writable(service).some(({ target }) => DATABASE_FILES.test(target))

/** The same where nothing else tells that it is a database: a program of one's own may have files of its own in `/data/db`. */
export const mountsDatabaseFolder = (service: ComposeService): boolean =>
  writable(service).some(({ target }) => DATABASE_FILES.test(target) && !target.startsWith('/data/'))

/** Where images of databases keep their files, and nothing else has its own. */
const DATABASE_FILES = new RegExp(
  [
    '^/(?:var/lib/(?:postgresql|mysql|clickhouse|cassandra|scylla|mongodb|neo4j|influxdb2?|couchdb|arangodb3|kafka/data|redpanda/data|zookeeper)',
    '|data/(?:db|configdb)|bitnami/(?:postgresql|mysql|mariadb|mongodb|clickhouse|cassandra|elasticsearch|kafka|zookeeper)|home/postgres/pgdata',
    '|usr/share/(?:elasticsearch|opensearch)/data|var/opt/mssql|opt/oracle/oradata|opt/couchdb/data|opt/couchbase/var|cockroach/cockroach-data)(?:/|$)',
  ].join(''),
)

const writable = ({ volumes = [] }: ComposeService): ComposeMount[] =>
  volumes.filter(
    ({ type, source = '', read_only }) =>
      (type === 'volume' || type === 'bind') && source !== '' && read_only !== true && !isStored(source),
  )
