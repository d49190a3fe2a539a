import { posix } from 'node:path'
import type { HostContainer, HostFacts, HostPort } from '@deploy-actions/compose'

/** What the agent found on its host, and of the release that is live there. */
export interface AgentFacts extends HostFacts {
  /** Every container of the live release runs, and the edge does. */
  readonly healthy: boolean
}

/**
 * Reads the lines that the agent prints for `facts`: a name and its fields, separated by tabs.
 * @param host the host's name as the user wrote it
 */
export function readFacts(host: string, lines: readonly string[]): AgentFacts {
  const rows = lines.map((line) => line.split('\t'))
  const all = (name: string) => rows.filter(([kind]) => kind === name).map(([, ...fields]) => fields)
  const one = (name: string): string[] => all(name)[0] ?? []
  const settings = new Map(all('setting').map(([key = '', value = '']) => [key, value]))
  const [dockerVersion, arch = '', , rootless] = one('docker')
  const [composeVersion] = one('compose')
  const [dockerError] = one('docker-error')
  return {
    host,
    user: one('user')[0] ?? '',
    arch,
    ...(dockerVersion !== undefined && { dockerVersion }),
    ...(rootless !== undefined && { rootless: true }),
    dockerInstalled: all('docker-missing').length === 0,
    ...(dockerError !== undefined && { dockerError }),
    ...(composeVersion !== undefined && composeVersion !== '' && { composeVersion }),
    ...freeSpace(new Map(all('disk').map(([path = '', kib]) => [path, kibibytes(kib)])), one('directory')[0] ?? ''),
    ...optional('memoryAvailable', kibibytes(one('memory')[0])),
    ...optional('swapFree', kibibytes(one('memory')[1])),
    ...optional('slotMemory', readSlotMemory(one('slot-memory'))),
    ...optional('backupOverdue', readOverdue(one('backup-overdue'))),
    listening: all('listen').map(([port]) => ({ port: Number(port) })),
    containers: all('container').map(readContainer),
    ...optional('startedByHand', readHandWork(all('by-hand'), all('by-hand-mount'), all('by-hand-network'))),
    ...(all('compose-file').length > 0 && { composeFiles: all('compose-file').map(([path = '']) => path) }),
    volumes: all('volume').map(([name = '', project = '']) => ({ name, ...(project !== '' && { project }) })),
    networks: all('network').map(([, name = '']) => name),
    ...optional('edge', readEdge(all('edge-network'), all('edge-port'))),
    ...optional('current', readCurrent(one('current')[0], one('slot')[0], settings)),
    healthy: one('healthy')[0] === 'yes',
  }
}

const kibibytes = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) * 1024 : undefined

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>)
}

/** Bytes of the live slot, and of the other one. */
const readOverdue = ([hours, allowed]: readonly string[]): HostFacts['backupOverdue'] =>
  hours === undefined ? undefined : { hours: Number(hours), allowed: Number(allowed) }

function readSlotMemory([live = '', idle = '']: readonly string[]): HostFacts['slotMemory'] {
  return /^\d+$/.test(live) && /^\d+$/.test(idle) ? { live: Number(live), idle: Number(idle) } : undefined
}

function freeSpace(free: ReadonlyMap<string, number | undefined>, directory: string): { freeDocker?: number; freeOpt?: number } {
  return {
    ...optional('freeDocker', free.get('/var/lib/docker') ?? free.get('/')),
    ...optional('freeOpt', free.get(directory) ?? free.get('/')),
  }
}

function readContainer([
  id = '',
  project = '',
  service = '',
  state = '',
  names = '',
  ports = '',
  app = '',
  mounts = '',
  oneOff = '',
]: string[]): HostContainer {
  return {
    id,
    ...(project !== '' && { project }),
    ...(service !== '' && { service }),
    ...(app !== '' && { app }),
    state,
    names: names.split(','),
    ports: ports.split(', ').flatMap(readPorts),
    ...(mounts !== '' && { mounts: mounts.split(',') }),
    ...(oneOff === 'True' && { oneOff: true }),
  }
}

function readHandWork(made: readonly string[][], mounts: readonly string[][], networks: readonly string[][]): HostFacts['startedByHand'] {
  if (made.length === 0) return undefined
  return made.map(([id = '', directory = '', files = '', hash = '', image = '', imageId = '', envFiles = '']) => ({
    ...{ id, directory, hash, image, imageId },
    files: listed(files),
    envFiles: listed(envFiles).map((file) => posix.resolve(directory, file)),
    mounted: mounts
      .filter(([of]) => of === id)
      .map(([, type = '', source = '', target = '', writable]) => ({ type, source, target, writable: writable === 'true' })),
    networks: networks.flatMap(([of, name = '']) => (of === id ? [name] : [])),
  }))
}

const listed = (text: string): string[] => text.split(',').filter((one) => one !== '')

/** One part of what `docker ps` says of ports: `0.0.0.0:80->10080/tcp`, `:::8000-8002->8000-8002/tcp`, `9000/tcp` (not published), `0.0.0.0:53->53/udp` (not in the way of TCP). */
function readPorts(text: string): HostPort[] {
  const [, address, from, to = from] = /^(?:(.*):)?(\d+)(?:-(\d+))?->.*\/tcp$/.exec(text) ?? []
  if (from === undefined) return []
  const anywhere = address === undefined || address === '0.0.0.0' || address === '::' || address === '[::]'
  const count = Number(to) - Number(from) + 1
  return Array.from({ length: count }, (_, index) => ({ published: Number(from) + index, ...(!anywhere && { hostIp: address }) }))
}

function readEdge(networks: readonly string[][], ports: readonly string[][]): HostFacts['edge'] {
  if (networks.length === 0) return undefined
  return {
    networks: networks.map(([name = '']) => name),
    aliases: Object.fromEntries(networks.map(([name = '', names = '']) => [name, names.split(' ').filter((one) => one !== '')])),
    publishedPorts: ports
      .filter(([, port]) => port !== '' && port !== undefined)
      .map(([hostIp = '', port, target = '']) => ({
        published: Number(port),
        ...(hostIp !== '' && hostIp !== '0.0.0.0' && { hostIp }),
        ...optional('target', containerPort(target)),
      })),
  }
}

/** `10080/tcp` */
const containerPort = (text: string): number | undefined => (/^\d+\/tcp$/.test(text) ? Number.parseInt(text, 10) : undefined)

function readCurrent(id: string | undefined, slot: string | undefined, settings: ReadonlyMap<string, string>): HostFacts['current'] {
  if (id === undefined) return undefined
  const commit = settings.get('commit')
  const commitTime = settings.get('commit_time')
  const project = settings.get('project')
  const dataDirectory = settings.get('data_directory')
  const envFiles = listed(settings.get('env_files') ?? '')
  return {
    id,
    slot: slot === 'blue' || slot === 'green' ? slot : 'none',
    fingerprint: settings.get('fingerprint') ?? '',
    ...(project && { project }),
    ...(dataDirectory && { dataDirectory }),
    ...(envFiles.length > 0 && { envFiles }),
    ...(commit && { commit }),
    ...(commitTime && { commitTime: Number(commitTime) }),
  }
}
