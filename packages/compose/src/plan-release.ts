import { parseComposeEnvFile } from '@deploy-actions/dotenv'
import { rangeRefusals } from './address-ranges.ts'
import { assetsRefusals } from './assets-table.ts'
import { baseRecord } from './base-model.ts'
import { caddyOptions } from './caddy-options.ts'
import { canonicalJson, sorted } from './canonical-json.ts'
import type { ComposeModel } from './compose-model.ts'
import { edgeNetworks } from './edge-model.ts'
import { type PublishedPort, planEdge, publishedPorts } from './edge-plan.ts'
import { type Environment, textObjects } from './file-objects.ts'
import { balancerRefusals, servicesInTurn } from './in-turn.ts'
import { nameRefusals } from './name-rules.ts'
import { type NetworkChange, networkChanges, networkDefinitions } from './network-changes.ts'
import { mapValues, placePaths } from './place-paths.ts'
import { type PlanLine, planLines } from './plan-lines.ts'
import { publicPortNotes, publicPortRefusals } from './public-ports.ts'
import type { Refusal } from './refusal.ts'
import type { ReleaseImages } from './release-image.ts'
import { releaseRecord } from './release-record.ts'
import type { ReleaseRequest } from './release-request.ts'
import { renamedNotes } from './renamed-notes.ts'
import {
  baseFingerprintOf,
  byPath,
  type Decided,
  entry,
  fingerprintOf,
  type ReleaseEntry,
  type Rendered,
  renderRelease,
} from './render-release.ts'
import { allNames } from './service-names.ts'
import { namedForSwitch } from './service-ports.ts'
import { settings } from './settings.ts'
import { switchedOf } from './split-request.ts'
import { databasesOf, isStateful } from './stateful.ts'
import type { StoredFile } from './stored-files.ts'
import { chooseStrategies, type Strategies } from './strategies.ts'
import { edgeChecks } from './verify-table.ts'
import { visitorRefusals } from './visitor-rules.ts'

/** A release, decided: nothing was touched yet. With refusals it must not be applied. */
export interface ReleasePlan {
  readonly id: string
  readonly fingerprint: string
  readonly baseFingerprint: string
  /** The live release is the same but for its id: nothing needs to be done. */
  readonly unchanged: boolean
  /** The whole release directory, by path. */
  readonly entries: readonly ReleaseEntry[]
  /** Files to put below `/opt/<app>` unless they are there. */
  readonly stored: readonly StoredFile[]
  readonly lines: readonly PlanLine[]
  /** All that is planned for, as the file has it. */
  readonly model: ComposeModel
  readonly notes: readonly string[]
  readonly refusals: readonly Refusal[]
  /** Services that change at the switch. */
  readonly switched: readonly string[]
  /** Base services that keep data. */
  readonly stateful: readonly string[]
  /** Of the base services that are made anew those that requests may need, where the host is taken out of a balancer meanwhile. */
  readonly inTurn: readonly string[]
  /** Where data at relative paths lies. */
  readonly directories: readonly string[]
  /** Refused by `judge` where the network exists. */
  readonly changedNetworks: readonly NetworkChange[]
  /** What the host must allow; `judge` compares. */
  readonly edge: {
    readonly image: string
    readonly published: readonly PublishedPort[]
    readonly networks: readonly string[]
    /** Host names that it has certificates for. */
    readonly hosts?: readonly string[]
    /** The names that it must answer for on each network. */
    readonly aliases?: Readonly<Record<string, readonly string[]>>
  }
}

/** Decides everything about a release. Pure and deterministic. */
export function planRelease(request: ReleaseRequest): ReleasePlan {
  const { decided, notes, refusals } = decide(request)
  const switched = switchedOf(decided.strategies)
  const fingerprint = fingerprintOf(bareRelease(request))
  const baseFingerprint = baseFingerprintOf(decided)
  const rendered = renderRelease(decided, request, request.id)
  const base = baseRecord(decided.model, { ...decided, id: request.id, storeText: () => '' })
  const record = releaseRecord({ request, decided, base, fingerprint, baseFingerprint })
  const inTurn = request.balancer === undefined ? [] : servicesInTurn(decided.model, decided.strategies, request)
  const own = [
    entry('settings', settings(request, { fingerprint, baseFingerprint, inTurn, databases: databasesOf(decided.model) })),
    entry('release.json', canonicalJson(record)),
  ]
  return {
    id: request.id,
    fingerprint,
    baseFingerprint,
    unchanged: request.current?.fingerprint === fingerprint,
    entries: byPath([...rendered.entries, ...own]),
    stored: rendered.stored,
    lines: planLines(decided.model, decided.strategies, request.images, request.current),
    model: decided.model,
    notes: inTurn.length === 0 ? notes : [...notes, `the host is taken out of the balancer while ${inTurn.join(', ')} is made anew`],
    refusals: [...refusals, ...rendered.refusals],
    switched,
    stateful: statefulOf(decided, request),
    inTurn,
    directories: decided.placed.directories,
    changedNetworks: networkChanges(request.current?.networks, networkDefinitions(decided.model, request.project)),
    edge: edgeNeeds(decided, request),
  }
}

/** As it would be planned for an empty host, under an id that no release has: what is live must not show in the fingerprint. */
function bareRelease({ current: _current, adoption: _adoption, ...request }: ReleaseRequest): Rendered {
  return renderRelease(decide(request).decided, request, '00000000T000000Z-0000000-local')
}

function decide(request: ReleaseRequest): { decided: Decided; notes: string[]; refusals: Refusal[] } {
  const placed = placePaths(sorted(request.model), request.files, request, namedForSwitch(request))
  const model = withImages(placed.model, request.images)
  const live = request.current?.base
  const strategies = chooseStrategies(model, { ...request, live })
  const edge = planEdge(model, strategies, request)
  const verified = edgeChecks({ verify: request.verify ?? [], edge, health: strategies.health, names: namesOf(model, strategies) })
  const options = caddyOptions(request.caddyfile ?? '')
  const environment = environmentOf(request)
  const configs = textObjects(model, 'configs', environment)
  const secrets = textObjects(model, 'secrets', environment)
  // A route to a service that does not exist is refused once, and not again for each check that would have come that way.
  const misnamed = strategies.refusals.some(({ code }) => code === 'DA-SERVICE-UNKNOWN')
  const { app, project, commit, appDirectory, edgeImage, images } = request
  const shared = { app, project, commit, appDirectory, edgeImage, images, live }
  return {
    decided: {
      ...shared,
      model,
      placed,
      strategies,
      edge,
      checks: verified.checks,
      options: options.options,
      configTexts: configs.texts,
      secretTexts: secrets.texts,
    },
    notes: [...placed.notes, ...strategies.notes, ...renamedNotes(model, strategies, request), ...publicPortNotes(model, strategies)],
    refusals: [
      ...strategies.refusals,
      ...publicPortRefusals(model, strategies, request.allowPublicPorts ?? []),
      ...nameRefusals(project, switchedOf(strategies)),
      ...rangeRefusals(request),
      ...assetsRefusals(request.assets ?? [], switchedOf(strategies), Object.keys(model.services)),
      ...options.refusals,
      ...(misnamed ? [] : [...visitorRefusals(request, edge), ...balancerRefusals(request.balancer, edge.doors)]),
      ...[placed, edge, ...(misnamed ? [] : [verified]), configs, secrets].flatMap((part) => part.refusals),
    ],
  }
}

/** As Compose sees it: the step's values, and what the repository's `.env` has besides. */
function environmentOf({ environment = {}, files }: ReleaseRequest): Environment {
  const dotEnv = files.find(({ path }) => path === '.env')?.bytes.toString('utf8') ?? ''
  return { ...Object.fromEntries(parseComposeEnvFile(dotEnv, (name) => environment[name])), ...environment }
}

/** Only what the release supplies gets a digest; a changed reference would recreate the others. */
function withImages(model: ComposeModel, images: ReleaseImages): ComposeModel {
  return {
    ...model,
    services: mapValues(model.services, (service, name) => {
      const supplied = images.get(name)
      return supplied === undefined ? service : { ...service, image: supplied.reference }
    }),
  }
}

const namesOf = (model: ComposeModel, strategies: Strategies): Map<string, string[]> =>
  new Map(switchedOf(strategies).map((name) => [name, allNames(model, name)]))

function statefulOf({ model, strategies }: Decided, { strategy }: ReleaseRequest): string[] {
  const base = Object.entries(model.services).filter(([name]) => strategies.byService.get(name)?.kind !== 'switch')
  return base.filter(([name, service]) => isStateful(name, service, strategy)).map(([name]) => name)
}

function edgeNeeds(decided: Decided, request: ReleaseRequest): ReleasePlan['edge'] {
  const { doors, sites } = decided.edge
  const networks = edgeNetworks(decided.model, decided)
  const aliases = Object.fromEntries(networks.map(({ name, aliases: names }) => [name, names]))
  const hosts = sites.map(({ host }) => host)
  return { image: request.edgeImage, published: publishedPorts(doors, sites), networks: networks.map(({ name }) => name), hosts, aliases }
}
