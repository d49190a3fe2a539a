import { type ComposeModel, type ComposeService, replicasOf, serviceOf, undoubled } from './compose-model.ts'
import { fileCheck } from './health.ts'
import type { ReleaseImages } from './release-image.ts'
import type { Health, HealthChoice } from './service-lines.ts'
import { healthyBeforeSlot, preparedServices, startOrder } from './start-order.ts'
import type { Strategies, Strategy } from './strategies.ts'

export interface ServicesTableRequest {
  readonly app: string
  readonly id: string
  readonly images: ReleaseImages
  readonly strategies: Strategies
  /** For base services that the input names; switched ones are in `strategies`. */
  readonly health: readonly HealthChoice[]
}

/** `services.tsv`: a line per service in start order (see release-directory.md for the columns). */
export function servicesTable(model: ComposeModel, request: ServicesTableRequest): string {
  const prepared = preparedServices(model, request.strategies, request.images)
  const healthy = healthyBeforeSlot(model, request.strategies)
  const phaseOf = (name: string) => (healthy.has(name) ? 'healthy' : prepared.has(name) ? 'prepare' : 'finish')
  return startOrder(model)
    .map((name) => row(name, serviceOf(model, name), request, phaseOf(name)))
    .map((cells) => `${cells.map((cell) => (cell === '' ? '-' : cell)).join('\t')}\n`)
    .join('')
}

/** When a base service is started: before the slot, before it and until it is healthy, or after the switch. */
type BasePhase = 'prepare' | 'healthy' | 'finish'

function row(name: string, service: ComposeService, request: ServicesTableRequest, needed: BasePhase): string[] {
  const strategy = request.strategies.byService.get(name) as Strategy
  const image = undoubled(service.image ?? '')
  const local = request.images.has(name) ? `deploy-actions/${request.app}/${name.toLowerCase()}:${request.id}` : '-'
  const replicas = strategy.kind === 'off' ? 0 : replicasOf(service)
  const phase = strategy.kind === 'switch' || strategy.kind === 'off' ? '-' : needed
  return [
    name,
    strategy.kind,
    image,
    String(replicas),
    restartOf(service, strategy, phase !== 'finish'),
    ...healthCells(healthOfRow(name, service, request), request.strategies.ports.get(name)?.[0]),
    phase,
    local,
    afterOf(name, service, request.strategies),
  ]
}

/** What the agent awaits before it starts the service: among its own kind only, because base is up before a slot (see the phase), and knows no slot. */
function afterOf(name: string, { depends_on }: ComposeService, { byService }: Strategies): string {
  const isSwitched = (one: string) => byService.get(one)?.kind === 'switch'
  const awaited = Object.entries(depends_on ?? {}).filter(
    ([other]) => byService.has(other) && byService.get(other)?.kind !== 'off' && isSwitched(other) === isSwitched(name),
  )
  return awaited.map(([other, { condition = 'service_started' }]) => `${other}:${CONDITIONS[condition]}`).join(',')
}

const CONDITIONS = { service_started: 'started', service_healthy: 'healthy', service_completed_successfully: 'completed' } as const

/**
 * The Docker policy of the live container. What requests need comes back after a reboot also where the file says nothing; of the other services nobody
 * knows whether they are meant to end, and they stay as the file has them. On Engine 20.10 `unless-stopped` does not survive a killed daemon, so it is no
 * good default.
 */
export function restartOf(service: ComposeService, { kind }: Pick<Strategy, 'kind'>, needed: boolean): string {
  if (kind === 'once') return 'no'
  const own = policyOf(service, needed)
  return kind === 'switch' && own === 'unless-stopped' ? 'always' : own
}

function policyOf(service: ComposeService, needed: boolean): string {
  const policy = service.deploy?.restart_policy
  if (policy === undefined) return service.restart ?? (needed ? 'always' : 'no')
  if (policy.condition === 'none') return 'no'
  if (policy.condition === 'unless-stopped') return policy.condition
  if (policy.condition !== 'on-failure') return 'always'
  return policy.max_attempts === undefined ? 'on-failure' : `on-failure:${policy.max_attempts}`
}

function healthOfRow(name: string, service: ComposeService, { strategies, health, images }: ServicesTableRequest): Health | undefined {
  const known = strategies.health.get(name) ?? health.find((choice) => choice.service === name)?.health
  if (known !== undefined) return known
  const check = fileCheck(service)
  return check === 'present' || (check === 'absent' && images.get(name)?.healthcheck === true) ? { kind: 'docker' } : undefined
}

/** `dialed`: a port at which the edge asks the service; while nobody answers there its own check need not be run. */
function healthCells(health: Health | undefined, dialed: number | undefined): [string, string, string] {
  if (health === undefined) return ['-', '-', '-']
  if (health.kind === 'http') return ['http', String(health.port), health.path]
  if (health.kind === 'tcp') return ['tcp', String(health.port), '-']
  return health.kind === 'none' ? ['none', String(health.stayUp), '-'] : ['docker', String(dialed ?? '-'), '-']
}
