import { type ComposeModel, type ComposePort, type ComposeService, serviceOf } from './compose-model.ts'
import { type Refusal, refusal } from './refusal.ts'
import { programOf } from './stateful.ts'
import type { Strategies } from './strategies.ts'

// Docker's own rules come before those of ufw: what a service publishes on all addresses, everybody reaches.

/** Ports in the container that belong to databases and the like: most ask for no password, or for one that can be guessed. */
const DATABASE_PORTS: Readonly<Record<number, string>> = {
  1433: 'SQL Server',
  2379: 'etcd',
  3306: 'MySQL',
  5432: 'PostgreSQL',
  5672: 'RabbitMQ',
  5984: 'CouchDB',
  6379: 'Redis',
  7687: 'Neo4j',
  8123: 'ClickHouse',
  8086: 'InfluxDB',
  9042: 'Cassandra',
  9200: 'Elasticsearch',
  11211: 'Memcached',
  27017: 'MongoDB',
  33060: 'MySQL',
}

/** Of those, ports that other programs have too (Home Assistant 8123): only what the image's name contains makes them a database's. */
const SHARED_PORTS: Readonly<Record<number, RegExp>> = { 7687: /neo4j|memgraph/, 8086: /influx/, 8123: /clickhouse/ }

interface PublicPort {
  readonly service: string
  readonly port: ComposePort
}

/** DA-PORT-PUBLIC for databases that everybody would reach, but for the published ports that are allowed. */
export function publicPortRefusals(model: ComposeModel, strategies: Strategies, allowed: readonly number[]): Refusal[] {
  return publicPorts(model, strategies).flatMap(({ service, port }) => {
    const program = databaseAt(port, serviceOf(model, service))
    const published = port.published ?? ''
    // Of a range the first; one that Docker chooses is named by the port in the container.
    const name = Number.parseInt(published === '' ? String(port.target) : published, 10)
    if (program === undefined || allowed.includes(name)) return []
    const message = `"${service}" publishes port ${port.target} (${program}) on all addresses of the host: Docker lets everybody in, past ufw`
    const local = `127.0.0.1:${published === '' ? '' : `${published}:`}${port.target}`
    const again =
      strategies.byService.get(service)?.kind === 'start'
        ? ''
        : ` and, as that makes its container anew, \`${service}=recreate\` in \`strategy\``
    const hint = `Services of this file reach it as \`${service}:${port.target}\` without \`ports\`. To reach it from the host or through \`ssh -L\`, write \`${local}\`${again}. If it must be open, or a firewall outside of the host closes it: \`allow-public-ports: ${name}\`.`
    return [refusal('DA-PORT-PUBLIC', message, hint)]
  })
}

/** The database that listens at a port of a service, for as much as port and image tell. */
export function databaseAt(
  { target, protocol }: Pick<ComposePort, 'target' | 'protocol'>,
  { image }: Pick<ComposeService, 'image'>,
): string | undefined {
  const named = SHARED_PORTS[target]?.test(programOf(image)) ?? true
  return named && protocol !== 'udp' ? DATABASE_PORTS[target] : undefined
}

/** One line for all that a person may not know to be open. */
export function publicPortNotes(model: ComposeModel, strategies: Strategies): string[] {
  const open = publicPorts(model, strategies).map(({ service, port }) => {
    const udp = port.protocol === 'udp' ? '/udp' : ''
    return `${service} ${port.published ?? `any free port for ${port.target}`}${udp}`
  })
  return open.length === 0 ? [] : [`open to everybody on all addresses of the host, past ufw: ${[...new Set(open)].join(', ')}`]
}

/** Of base services; those of switched ones are the edge's. */
function publicPorts(model: ComposeModel, { byService }: Strategies): PublicPort[] {
  const running = [...byService].filter(([, { kind }]) => kind !== 'switch' && kind !== 'off').map(([name]) => name)
  return running.flatMap((service) =>
    (serviceOf(model, service).ports ?? []).filter(({ host_ip }) => isAny(host_ip)).map((port) => ({ service, port })),
  )
}

const ANY = ['', '0.0.0.0', '::', '*', '[::]']
/** Whether a port is published on all addresses. */
export const isAny = (address: string | undefined): boolean => address === undefined || ANY.includes(address)
