import {
  type Assigned,
  componentNamed,
  componentsOf,
  Fingerprints,
  isObject,
  type JsonObject,
  mergeSpecs,
  objectsIn,
  replaceSpec,
  setImages,
  setMigration,
  textOf,
} from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'
import { suppliedByBuild } from '@deploy-actions/release'
import type { DeployInputs } from './inputs.ts'
import { asPreview } from './preview.ts'
import type { Given } from './spec-file.ts'

export interface Wanted {
  readonly spec: JsonObject
  readonly assigned: readonly Assigned[]
  /** Images of the build that no component uses. */
  readonly unused: readonly string[]
}

/**
 * The spec that is wanted where `live` is there now (undefined: no app yet). It depends on nothing else, so it can be laid over whatever somebody else
 * has changed meanwhile.
 *
 * @throws UserError DA-APP-ARCHIVED, DA-APP-REMOVAL, and what `setImages` and `setMigration` throw
 */
export function wantedSpec(live: JsonObject | undefined, given: Given, inputs: DeployInputs): Wanted {
  const spec = structuredClone(laid(live, given.file, inputs))
  const name = live === undefined ? (inputs.appName ?? textOf(spec.name)) : textOf(live.name)
  const named: JsonObject = inputs.preview === undefined ? { ...spec, name } : { ...asPreview(spec), name }
  if (live !== undefined && inputs.specMode === 'replace' && inputs.preview === undefined) refuseRemoval(live, named, inputs.allowRemoval)
  const supplied = inputs.build === undefined ? (inputs.images ?? []) : suppliedByBuild(inputs.build, inputs.variant)
  const credentials = inputs.registryCredentials
  const { assigned, unused } = setImages(named, { supplied, credentials, deployOnPush: inputs.deployOnPush })
  if (inputs.migrate !== undefined) {
    const released = assigned.map(({ component }) => component)
    const { migrate: command, migrateJob: job, migrateComponent: component } = inputs
    setMigration(named, { command, job, component, released, values: given.values, credentials })
  }
  setMaintenance(named, inputs.maintenance)
  new Fingerprints(inputs.digitaloceanToken).settle(named, live)
  return { spec: named, assigned: withJob(named, assigned, inputs), unused }
}

/** The page of the platform before the app, or no longer; an address of a page of one's own stays as it is. */
function setMaintenance(spec: JsonObject, wanted: DeployInputs['maintenance']): void {
  const now = isObject(spec.maintenance) ? spec.maintenance : {}
  if (wanted === 'off' && now.archive === true) {
    const hint =
      'without containers there is nothing that visitors could be let in to: deploy a `spec` whose `maintenance` says `archive: false` and `enabled: false`, and leave `maintenance` of this action out'
    throw new UserError(
      'DA-APP-ARCHIVED',
      'maintenance: "off" cannot bring back an app that is archived (`maintenance.archive: true` in its spec)',
      { hint },
    )
  }
  if (wanted === 'on') spec.maintenance = { ...now, enabled: true }
  if (wanted === 'off' && now.enabled === true) spec.maintenance = { ...now, enabled: false }
}

function laid(live: JsonObject | undefined, file: JsonObject | undefined, { specMode, preview }: DeployInputs): JsonObject {
  if (live === undefined || file === undefined) return file ?? live ?? {}
  return specMode === 'replace' || preview !== undefined ? replaceSpec(live, file) : mergeSpecs(live, file)
}

/** The job of the migration is one of this release too. */
function withJob(spec: JsonObject, assigned: readonly Assigned[], { migrate, migrateJob }: DeployInputs): Assigned[] {
  if (migrate === undefined || assigned.some(({ component }) => component === migrateJob)) return [...assigned]
  const image = componentNamed(spec, migrateJob)?.spec.image
  const digest = typeof image === 'object' && image !== null && !Array.isArray(image) ? textOf(image.digest) : ''
  return digest === '' ? [...assigned] : [...assigned, { component: migrateJob, digest }]
}

/** A component that goes takes its address with it, and a database its data. */
function refuseRemoval(live: JsonObject, wanted: JsonObject, allowed: readonly string[]): void {
  const namesIn = (spec: JsonObject) => [
    ...componentsOf(spec).map(({ name }) => name),
    ...objectsIn(spec.databases).map((one) => textOf(one.name)),
  ]
  const gone = namesIn(live).filter((name) => !namesIn(wanted).includes(name) && !allowed.includes(name))
  if (gone.length === 0) return
  const hint =
    'Add them to the file, name them in `allow-removal`, or use `spec-mode: merge`, which removes nothing. A development database loses its data.'
  throw new UserError('DA-APP-REMOVAL', `the file lacks what the live app has: ${gone.join(', ')}`, { hint })
}
