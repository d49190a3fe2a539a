import type { ComposeModel, ComposeService } from './compose-model.ts'
import { hasDatabaseFiles, mountsDatabaseFolder, writableVolumes } from './data-mounts.ts'
import { type Refusal, refusal } from './refusal.ts'
import { changesOf, dataMoved } from './service-changes.ts'
import type { StrategyChoice } from './service-lines.ts'
import type { LiveService } from './strategies.ts'

// Services that keep data: nothing that a deploy does by the way may stop them.

/** Programs that keep data wherever the file puts it, by the last part of their image's name; without a volume in the file it is one without a name. */
const DATABASES = new Set([
  ...['postgres', 'postgresql', 'postgresql-repmgr', 'postgis', 'pgvector', 'pgvecto-rs', 'pgautoupgrade', 'timescaledb', 'timescaledb-ha'],
  ...['mysql', 'mysql-server', 'mariadb', 'percona', 'percona-server', 'oracle-free', 'oracle-xe', 'firebird', 'cockroach', 'yugabyte'],
  ...['mongo', 'mongodb', 'mongodb-community-server', 'mongodb-enterprise-server', 'percona-server-mongodb', 'couchdb', 'couchbase'],
  ...['cassandra', 'scylla', 'clickhouse', 'clickhouse-server', 'elasticsearch', 'opensearch', 'influxdb', 'questdb', 'victoria-metrics'],
  ...['neo4j', 'arangodb', 'dgraph', 'edgedb', 'gel', 'rethinkdb', 'surrealdb', 'tarantool', 'minio', 'etcd'],
])
/** These may be caches: with a volume of their own they keep data. */
const STORES = new Set([
  ...['redis', 'redis-stack', 'redis-stack-server', 'valkey', 'keydb', 'dragonfly', 'meilisearch', 'typesense', 'manticore', 'solr'],
  ...['qdrant', 'chroma', 'milvus', 'weaviate', 'garage', 'seaweedfs', 'consul', 'vault', 'zookeeper', 'cp-zookeeper'],
  ...['rabbitmq', 'activemq', 'activemq-artemis', 'emqx', 'kafka', 'cp-kafka', 'cp-server', 'nats', 'pulsar', 'redpanda'],
])

/** Whether a stop of this service stops a database. A worker with a folder for uploads is none. */
export function isStateful(name: string, service: ComposeService, strategy: readonly StrategyChoice[]): boolean {
  if (strategy.some((choice) => choice.service === name && choice.strategy === 'keep')) return true
  return keepsData(service)
}

function keepsData(service: ComposeService): boolean {
  // An image of one's own may have any name; where it mounts its data tells what it is.
  if (mountsDatabaseFolder(service)) return true
  const program = programOf(service.image)
  return (DATABASES.has(program) || (STORES.has(program) && writableVolumes(service).length > 0)) && serves(service)
}

/** Whether this image's program keeps data, for as much as the image tells. */
export const isDatabaseImage = (image: string | undefined): boolean => DATABASES.has(programOf(image)) || STORES.has(programOf(image))

/** Not so for a client: `pg_dump` in a loop has the image of a database, and keeps none. In doubt, where a database's files are mounted, it serves. */
function serves(service: ComposeService): boolean {
  const [entrypoint, command] = [textOf(service.entrypoint), textOf(service.command)]
  const own = (service.entrypoint ?? null) === null && /^($|-|\S+\.conf(\s|$))/.test(command)
  return own || SERVER.test(entrypoint) || SERVER.test(command) || hasDatabaseFiles(service)
}

/** A server where a program is named: at the beginning, or in the text of a shell. `pg_dump -h postgres` names a host. */
const SERVER = new RegExp(
  [
    '(?:^|[;&|(]|\\n|\\b(?:exec|then|do)\\s|\\bsh\\s+-\\w*c\\s|\\b(?:gosu|su-exec)\\s+\\S+\\s|\\b(?:tini|dumb-init)\\s+--\\s)\\s*(?:[^\\s;&|]*/)?',
    '(?:docker-entrypoint(?:\\.sh)?|postgres|mysqld(?:_safe)?|mariadbd(?:-safe)?|mongod|(?:redis|valkey|keydb)-server',
    '|minio|server|start|start-single-node|couchdb|cassandra|clickhouse-server|elasticsearch|eswrapper|opensearch|influxd|neo4j|etcd',
    '|rabbitmq-server|meilisearch|typesense-server|qdrant|agent|dgraph|milvus|nats-server|pulsar|redpanda|solr-\\w+|weed|yugabyted)(?=[\\s;&|)]|$)',
  ].join(''),
)

/** Of a command or an entrypoint, which Compose prints as a list of words. */
const textOf = (words: unknown): string => (Array.isArray(words) ? words.join(' ') : typeof words === 'string' ? words : '').trim()

/** Why a changed service must not be recreated, unless it keeps no data or `strategy` says so. */
export function statefulRefusals(
  name: string,
  service: ComposeService,
  live: LiveService,
  { strategy, downtime }: { readonly strategy: readonly StrategyChoice[]; readonly downtime: string },
): Refusal[] {
  if (!isStateful(name, service, strategy)) return []
  const jump = majorJump(service, live)
  if (jump !== undefined) return [refuseJump(name, jump)]
  if (strategy.some((choice) => choice.service === name && choice.strategy === 'recreate')) return []
  const parts = [...imageChange(service, live), ...changesOf(live.fields, service)]
  const what = parts.length === 0 ? 'its definition changed' : `changed: ${parts.join('; ')}`
  return [
    refusal(
      'DA-STATEFUL-RECREATE',
      `"${name}" keeps data, and this release would stop it and make its container anew (${what}). It would be ${downtime}`,
      `Undo that change. Or, with a backup and at a quiet moment, deploy with \`${name}=recreate\` in \`strategy\`, and take the line out afterwards.`,
    ),
  ]
}

function imageChange({ image }: ComposeService, { image: before }: LiveService): string[] {
  return before === undefined || before === image ? [] : [`\`image\` ${before} → ${image}`]
}

/** For the agent, which must not go back to an older version on the same files: `db:postgres-16`, `shop:mysql-8.0`. */
export function databasesOf({ services }: ComposeModel): string[] {
  return Object.entries(services).flatMap(([name, service]) => {
    // The version of an image of one's own is not that of the database in it.
    if (!keepsData(service) || !isDatabaseImage(service.image)) return []
    // All of one family read the same files: `pgvector:pg16` may follow `postgres:16`, and go back.
    const major = postgresMajor(service.image)
    if (major !== undefined) return [`${name}:postgres-${major}`]
    // No coarser: `mysql:8` has become 8.4, and 8.0 does not start on its files.
    const [version] = /^\d+(\.\d+)?/.exec(tagOf(service.image)) ?? []
    return version === undefined ? [] : [`${name}:${programOf(service.image)}-${version}`]
  })
}

/** PostgreSQL never starts on the files of another major version. */
function majorJump(service: ComposeService, live: LiveService): readonly [string, string] | undefined {
  const [before, after] = [postgresMajor(live.image), postgresMajor(service.image)]
  if (before === undefined || after === undefined || before === after) return undefined
  return !serves(service) || dataMoved(live.fields, service) ? undefined : [before, after]
}

const refuseJump = (name: string, [before, after]: readonly [string, string]): Refusal =>
  refusal(
    'DA-STATEFUL-MAJOR',
    `"${name}" would go from PostgreSQL ${before} to ${after} on the same data, and PostgreSQL ${after} does not start on the files of ${before}`,
    `Undo that change. To upgrade: dump it (\`pg_dumpall\`), give the service a new, empty volume together with the new image, deploy with \`${name}=recreate\` in \`strategy\`, and load the dump. The old volume stays as the way back.`,
  )

/** `postgres:16.3-alpine`, `postgis/postgis:16-3.4`, `pgvector/pgvector:0.7-pg16`, `timescale/timescaledb:2.14-pg16`. */
function postgresMajor(image: string | undefined): string | undefined {
  if (!POSTGRES.has(programOf(image))) return undefined
  const tag = tagOf(image)
  const [, named] = /pg(\d+)/.exec(tag) ?? []
  if (named !== undefined) return named
  const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(tag) ?? []
  if (major === undefined || programOf(image).startsWith('timescale')) return undefined
  return Number(major) < 10 ? `${major}.${minor ?? '0'}` : major
}

export const POSTGRES: ReadonlySet<string> = new Set([
  'postgres',
  'postgresql',
  'postgresql-repmgr',
  'postgis',
  'pgvecto-rs',
  'pgvector',
  'timescaledb',
  'timescaledb-ha',
])

const tagOf = (image = ''): string => /:([^:/@]+)(?:@|$)/.exec(image)?.[1] ?? ''

/** `postgres` of `docker.io/library/postgres:16@sha256:…`. */
export const programOf = (image = ''): string => (image.split('@')[0] ?? '').split('/').at(-1)?.split(':')[0]?.toLowerCase() ?? ''
