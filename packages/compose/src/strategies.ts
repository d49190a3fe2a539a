import type { Adoption } from './adoption.ts'
import { baseRefusals, composeOnlyRefusals, linkNotes, sharedVolumeNotes } from './base-rules.ts'
import { type ComposeModel, type ComposeService, replicasOf, serviceOf } from './compose-model.ts'
import { downtimes, lineToSwitch } from './downtime.ts'
import { healthOf } from './health.ts'
import { type Refusal, refusal } from './refusal.ts'
import { imageRefusal, type ReleaseImages } from './release-image.ts'
import { changesOf, type ServiceFields } from './service-changes.ts'
import { serviceHash } from './service-hash.ts'
import type { Health, HealthChoice, StrategyChoice } from './service-lines.ts'
import { listenedPorts, namedForSwitch, type Switching } from './service-ports.ts'
import { isStateful, statefulRefusals } from './stateful.ts'
import { switchRefusals } from './switch-rules.ts'
import { unknownService } from './unknown-service.ts'

/** What happens to one service. */
export interface Strategy {
  readonly kind: 'switch' | 'once' | 'keep' | 'recreate' | 'start' | 'off'
  /** One plain sentence for the plan. */
  readonly reason: string
  /** One plain sentence when the service is away for a moment. */
  readonly downtime?: string
}

/** A base service as the live release has it. */
export interface LiveService {
  readonly hash: string
  readonly image?: string
  /** What it consisted of; a release of an earlier version does not tell. */
  readonly fields?: ServiceFields
  /** The values that its container has; kept as long as its definition is the same. */
  readonly releaseId?: string
  readonly gitSha?: string
  readonly sentryRelease?: string
}

export interface StrategyOptions extends Switching {
  readonly strategy: readonly StrategyChoice[]
  readonly health: readonly HealthChoice[]
  readonly images: ReleaseImages
  /** The base services of the live release, by name; undefined on the first deploy. */
  readonly live?: Readonly<Record<string, LiveService>> | undefined
  /** What runs already without a live release. */
  readonly adoption?: Adoption | undefined
  /** Active profiles; a service with others is off. The resolved model usually lacks it already. */
  readonly profiles?: readonly string[]
  /** A missing image is then a line of the plan and no refusal. */
  readonly dryRun?: boolean
}

export interface Strategies {
  /** In the model's order. */
  readonly byService: ReadonlyMap<string, Strategy>
  /** Of switched services, unless refused. */
  readonly health: ReadonlyMap<string, Health>
  /** Of switched services: container ports at which they answer. */
  readonly ports: ReadonlyMap<string, readonly number[]>
  readonly notes: readonly string[]
  readonly refusals: readonly Refusal[]
}

/** Decides for each service of a model (paths placed, digests filled in) what happens to it; first match wins (design, "Strategy per service"). */
export function chooseStrategies(model: ComposeModel, options: StrategyOptions): Strategies {
  const names = Object.keys(model.services)
  const switched = namedForSwitch(options).filter((name) => names.includes(name))
  const chosen = new Map(names.map((name) => [name, strategyOf(name, model, options)] as const))
  const byService = withDowntimes(model, chosen, options.strategy)
  const health = new Map<string, Health>()
  const ports = new Map(switched.map((name) => [name, listenedPorts(name, serviceOf(model, name), options)] as const))
  const refusals = [...unknownNames(options, names), ...conflicts(options, switched), ...baseRefusals(model, new Set(switched))]
  for (const name of switched) refusals.push(...refuseSwitched(name, model, options, ports.get(name) ?? [], health))
  const starts = (name: string) => !['keep', 'off'].includes(byService.get(name)?.kind ?? 'off')
  refusals.push(
    ...stateful(model, byService, options),
    ...portClashes(ports),
    ...images(model, byService, options),
    ...composeOnlyRefusals(model, starts),
  )
  const notes = [...switched.flatMap((name) => sharedVolumeNotes(name, serviceOf(model, name))), ...linkNotes(model, new Set(switched))]
  return { byService, health, ports, notes, refusals }
}

function strategyOf(name: string, model: ComposeModel, options: StrategyOptions): Strategy {
  const service = serviceOf(model, name)
  const by = options.routes.some((route) => route.service === name) ? 'routes' : 'switch'
  if (namedForSwitch(options).includes(name)) return { kind: 'switch', reason: `\`${by}\` names it: the new one starts beside the old one` }
  if (isOff(service, options.profiles))
    return { kind: 'off', reason: replicasOf(service) === 0 ? 'the file asks for none' : 'its profile is not active' }
  const waiting = Object.entries(model.services).find(
    ([, other]) => other.depends_on?.[name]?.condition === 'service_completed_successfully',
  )
  if (waiting !== undefined) return { kind: 'once', reason: `${waiting[0]} waits until it has completed` }
  if (options.strategy.some((choice) => choice.service === name && choice.strategy === 'once'))
    return { kind: 'once', reason: '`strategy` says once' }
  const live = options.live?.[name]
  if (live === undefined) return beside(name, options.adoption)
  if (live.hash === serviceHash(service)) return { kind: 'keep', reason: 'nothing in its definition changed' }
  return { kind: 'recreate', reason: whyRecreated(service, live) }
}

function whyRecreated(service: ComposeService, live: LiveService): string {
  const changes = changesOf(live.fields, service)
  const more = changes.length === 0 ? '' : `: ${changes.join('; ')}`
  if (live.image === undefined || live.image === service.image) return `its definition changed${more}`
  return changes.length === 0 ? 'its image changes' : `its image and its definition change${more}`
}

/** No release has it: it is new, or people have started it. */
function beside(name: string, adoption: Adoption | undefined): Strategy {
  if (!adoption?.containers.some((one) => one.service === name)) {
    return { kind: 'start', reason: adoption === undefined ? 'the live release does not have it' : 'it is not there yet' }
  }
  if (adoption.same?.has(name)) return { kind: 'keep', reason: 'it was started by hand, and nothing in its definition changed' }
  return { kind: 'recreate', reason: 'it was started by hand, with another definition or image' }
}

function isOff(service: ComposeService, active: readonly string[] | undefined): boolean {
  const own = service.profiles ?? []
  const inactive = active !== undefined && own.length > 0 && !active.includes('*') && !own.some((profile) => active.includes(profile))
  return replicasOf(service) === 0 || inactive
}

/** With what it means for those who need the service. */
function withDowntimes(
  model: ComposeModel,
  byService: ReadonlyMap<string, Strategy>,
  strategy: readonly StrategyChoice[],
): Map<string, Strategy> {
  const changing = [...byService].filter(([, { kind }]) => kind === 'recreate').map(([name]) => name)
  const away = downtimes(model, changing)
  return new Map(
    [...byService].map(([name, chosen]) => {
      const service = serviceOf(model, name)
      const more = isStateful(name, service, strategy) ? '' : lineToSwitch(name, service)
      const downtime = away.get(name)
      return [name, downtime === undefined ? chosen : { ...chosen, downtime: `${downtime}${more}` }] as const
    }),
  )
}

/** As far as its container tells; nothing as long as Compose was not asked. */
function startedByHand(name: string, adoption: Adoption | undefined): LiveService | undefined {
  const container = adoption?.same && adoption.containers.find(({ service }) => service === name)
  return container && { hash: container.hash, image: container.image }
}

/** Of what would be made anew: services that keep data. */
function stateful(
  model: ComposeModel,
  byService: ReadonlyMap<string, Strategy>,
  { live = {}, strategy, adoption }: StrategyOptions,
): Refusal[] {
  return [...byService].flatMap(([name, { kind, downtime = '' }]) => {
    const before = live[name] ?? startedByHand(name, adoption)
    return kind === 'recreate' && before !== undefined ? statefulRefusals(name, serviceOf(model, name), before, { strategy, downtime }) : []
  })
}

function unknownNames(options: StrategyOptions, names: readonly string[]): Refusal[] {
  const mentioned = { routes: options.routes, switch: options.switch, strategy: options.strategy, health: options.health }
  return Object.entries(mentioned).flatMap(([input, lines]) =>
    [...new Set(lines.map(({ service }) => service))]
      .filter((name) => !names.includes(name))
      .map((name) => unknownService(name, input, names)),
  )
}

function conflicts({ strategy }: StrategyOptions, switched: readonly string[]): Refusal[] {
  return strategy
    .filter(({ service }) => switched.includes(service))
    .map(({ service, strategy: wanted }) =>
      refusal(
        'DA-STRATEGY-CONFLICT',
        `\`strategy\` says ${wanted} for "${service}", which \`routes\` or \`switch\` name`,
        `Remove it from \`strategy\`, or from \`routes\` and \`switch\`.`,
      ),
    )
}

function refuseSwitched(
  name: string,
  model: ComposeModel,
  options: StrategyOptions,
  ports: readonly number[],
  found: Map<string, Health>,
): Refusal[] {
  const service = serviceOf(model, name)
  const image = options.images.get(name)
  const refusals = switchRefusals({ name, service, image })
  if (replicasOf(service) === 0) {
    refusals.push(
      refusal('DA-SWITCH-NO-REPLICAS', `service "${name}" is switched, but the file asks for 0 containers`, 'Remove `replicas: 0`.'),
    )
  }
  if (ports.length === 0) {
    const hint = `Write it with its container port: \`${name}:8000\`.`
    refusals.push(
      refusal(
        'DA-SWITCH-PORT-UNKNOWN',
        `\`switch\` names "${name}" without a port, and the file has no \`ports\` or \`expose\` for it`,
        hint,
      ),
    )
  }
  const health = healthOf({ name, service, image, port: ports[0] }, options.health)
  if ('code' in health) refusals.push(health)
  else found.set(name, health)
  return refusals
}

/** The edge answers for all names at one address, so a port tells the service. */
function portClashes(ports: ReadonlyMap<string, readonly number[]>): Refusal[] {
  const owners = new Map<number, string>()
  const refusals: Refusal[] = []
  for (const [name, own] of ports) {
    for (const port of own) {
      const other = owners.get(port)
      if (other === undefined) owners.set(port, name)
      else refusals.push(clash(name, other, port))
    }
  }
  return refusals
}

const clash = (name: string, other: string, port: number): Refusal =>
  refusal(
    'DA-EDGE-PORT-CLASH',
    `the switched services "${other}" and "${name}" both have the container port ${port}: the edge answers for both names at one address, and only the port tells it which is meant`,
    `Let "${name}" listen on another port (many images take \`PORT=${port + 1}\` under \`environment\`), write that one in its line and wherever others call it, and remove ${port} from its \`ports\` and \`expose\`. Or take one of them out of \`routes\` and \`switch\`: it is then recreated, with a gap.`,
  )

function images(model: ComposeModel, strategies: ReadonlyMap<string, Strategy>, options: StrategyOptions): Refusal[] {
  return Object.entries(model.services).flatMap(([name, service]) => {
    const kind = strategies.get(name)?.kind
    if (kind === 'off') return []
    const supplied = options.images.get(name)?.reference
    const found = imageRefusal(name, supplied ?? service.image, supplied !== undefined || kind === 'switch')
    return found === undefined || (options.dryRun === true && found.code === 'DA-IMAGE-MISSING') ? [] : [found]
  })
}
