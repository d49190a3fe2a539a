import { type ComposeModel, serviceOf } from './compose-model.ts'
import { publishedPorts } from './edge-plan.ts'
import { caddyRun, edgeProgram } from './edge-program.ts'
import { namesIn, networksOf, realName } from './service-names.ts'
import { externals } from './slot-model.ts'
import { type SplitRequest, switchedOf } from './split-request.ts'

/** One network where the edge answers, with the names that it answers for there. */
export interface EdgeNetwork {
  readonly key: string
  /** On the host. */
  readonly name: string
  readonly aliases: readonly string[]
}

/** The networks of the switched services; the edge takes their names there. */
export function edgeNetworks(model: ComposeModel, { strategies, project }: Pick<SplitRequest, 'strategies' | 'project'>): EdgeNetwork[] {
  const switched = switchedOf(strategies)
  const keys = [...new Set(switched.flatMap((name) => networksOf(serviceOf(model, name))))].sort()
  return keys.map((key) => ({
    key,
    name: realName(project, key, model.networks?.[key]),
    aliases: [
      ...new Set(switched.filter((name) => networksOf(serviceOf(model, name)).includes(key)).flatMap((name) => namesIn(model, name, key))),
    ],
  }))
}

/** The model of project `<project>-edge`. */
export function edgeModel(model: ComposeModel, request: SplitRequest): ComposeModel {
  const networks = edgeNetworks(model, request)
  const ports = edgePorts(request)
  // Docker publishes nothing for a container that is on internal networks only.
  const outside = ports.length > 0 && networks.every(({ key }) => model.networks?.[key]?.internal === true)
  return {
    name: `${request.project}-edge`,
    services: { edge: { ...edgeContainer(request), ports, networks: { ...aliases(networks), ...(outside ? { outside: null } : {}) } } },
    networks: {
      ...externals(
        networks.map(({ key }) => key),
        model.networks,
        request.project,
      ),
      ...(outside ? { outside: {} } : {}),
    },
  }
}

/**
 * The edge as it first stands beside containers that people started: without the ports and names that these still have. Where it is to publish ports it is
 * a scout, which goes again when the edge itself starts; else it is the edge, and gets the names later.
 */
export function edgeBesideModel(model: ComposeModel, request: SplitRequest): ComposeModel {
  const networks = edgeNetworks(model, request)
  const keys = networks.map(({ key }) => key)
  const container = { ...edgeContainer(request), networks: Object.fromEntries(keys.map((key) => [key, null])) }
  const scout = { ...container, command: caddyRun('Caddyfile.scout'), restart: 'no' }
  return {
    name: `${request.project}-edge`,
    services: edgePorts(request).length === 0 ? { edge: container } : { scout },
    networks: externals(keys, model.networks, request.project),
  }
}

const aliases = (networks: readonly EdgeNetwork[]) => Object.fromEntries(networks.map(({ key, aliases }) => [key, { aliases }]))

function edgeContainer({ app, appDirectory, edgeImage }: SplitRequest) {
  const bind = (source: string, target: string, readOnly: boolean) => ({
    type: 'bind',
    source: `${appDirectory}/${source}`,
    target,
    ...(readOnly ? { read_only: true } : {}),
  })
  return {
    image: edgeImage,
    command: edgeProgram,
    labels: { 'deploy-actions.app': app },
    restart: 'always',
    // busybox's timeout, with which the agent asks, leaves a zombie each time; Caddy as the first process would keep them all.
    init: true,
    volumes: [bind('switch', '/switch', true), bind('edge/config', '/etc/caddy', true), bind('edge/data', '/data', false)],
  }
}

function edgePorts({ edge }: SplitRequest) {
  const anyFree = edge.doors.filter(({ published }) => published === undefined).map(({ listen }) => ({ target: listen, protocol: 'tcp' }))
  const fixed = publishedPorts(edge.doors, edge.sites).map(({ published, hostIp, listen }) => ({
    ...(hostIp === undefined ? {} : { host_ip: hostIp }),
    target: listen,
    published,
    protocol: 'tcp',
  }))
  return [...fixed, ...anyFree]
}
