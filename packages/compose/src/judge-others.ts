import { type ComposeModel, serviceOf } from './compose-model.ts'
import type { HostContainer, HostFacts } from './host-facts.ts'
import type { Judged, Judgement, JudgeOptions } from './judged.ts'
import { type Refusal, refusal } from './refusal.ts'
import { realName, SLOTS, slotAlias } from './service-names.ts'
import { volumesOf } from './slot-model.ts'

// What stands on the host and is not of this release: other projects, and what people or earlier releases left in this one.

/** An app `shop` has the Compose projects `shop`, `shop-blue`, `shop-green` and `shop-edge`: whoever else has one of these would lose containers to it. */
export function judgeNames({ host, containers }: HostFacts, { app, project }: JudgeOptions): Refusal[] {
  const ours = new Map([
    [project, undefined],
    [`${project}-blue`, app],
    [`${project}-green`, app],
    [`${project}-edge`, app],
  ])
  const strange = containers.filter((one) => one.project !== undefined && ours.has(one.project) && one.app !== ours.get(one.project))
  const [first] = strange
  if (first === undefined) return []
  const owner = first.app === undefined ? 'somebody else' : `the app "${first.app}"`
  const message = `the Compose project "${first.project}" on ${host} belongs to ${owner} (${first.names.join(', ')}); this app needs that name for itself`
  return [refusal('DA-PROJECT-NAME-TAKEN', message, 'Choose another `project-name`, which no other project on the host begins with.')]
}

/**
 * The edge of one app finds its slots by names such as `shop-api-web-blue`: service `api-web` of `shop`, or `web` of `shop-api`. On a network that both
 * use, requests to one would go to the other.
 */
export function judgeSlotNames({ host, containers }: HostFacts, { switched }: Judged, { app, project }: JudgeOptions): Refusal[] {
  const ours = new Map(switched.flatMap((service) => SLOTS.map((slot) => [slotAlias(project, service, slot), service])))
  const others = containers.filter((one) => one.app !== undefined && one.app !== app)
  const clash = others.find((one) => ours.has(slotNameOf(one)))
  if (clash === undefined) return []
  const name = slotNameOf(clash)
  const message = `on ${host} "${name}" is the name of a slot of the app "${clash.app}" (${clash.names.join(', ')}), and would be that of "${ours.get(name)}" in project "${project}"`
  return [
    refusal(
      'DA-SLOT-NAME-TAKEN',
      message,
      'Rename the service, or choose another `project-name` (for a project that is not yet deployed).',
    ),
  ]
}

/** Project `shop-api-blue` and service `web-blue` give `shop-api-web-blue`. */
const slotNameOf = ({ project = '', service = '' }: HostContainer): string => `${project.replace(/-(blue|green)$/, '')}-${service}`

/** What speaks against a first release keeps no app that is live already from its next one: there it is told. The hints are for the first, so they stay away. */
export function atFirst({ current }: HostFacts, refusals: readonly Refusal[]): Judgement {
  if (current === undefined) return { refusals, notices: [] }
  return { refusals: [], notices: refusals.map(({ code, message }) => `${message} (${code})`) }
}

/** Two databases on one volume destroy each other. Compose only warns, and there nobody reads it. */
export function judgeVolumes({ host, containers, volumes }: HostFacts, { model }: Judged, { project }: JudgeOptions): Refusal[] {
  return ownVolumes(model, project).flatMap(({ name }) => {
    const owner = volumes.find((one) => one.name === name)?.project
    const user = containers.find((one) => one.project === owner && one.state === 'running')
    if (owner === undefined || owner === project || user === undefined) return []
    const message = `the volume "${name}" on ${host} belongs to the Compose project "${owner}", which runs (${user.names.join(', ')})`
    const hint = `If "${owner}" is this app, started by hand: set \`project-name: ${owner}\`. If both shall use the volume, say \`external: true\` for it. Otherwise give it another name.`
    return [refusal('DA-VOLUME-TAKEN', message, hint)]
  })
}

/** Before the first release: a project that looks like this one, whose data it would not see. Two apps may look alike, so nothing is refused. */
export function lookalikeNotices(
  { host, containers, volumes, current }: HostFacts,
  { model }: Judged,
  { project }: JudgeOptions,
): string[] {
  if (current !== undefined || containers.some((one) => one.project === project)) return []
  return ownVolumes(model, project).flatMap(({ key, name }) => {
    const service = Object.keys(model.services).find((one) => volumesOf(serviceOf(model, one)).includes(key))
    const like = containers.find(
      (one) => one.app === undefined && one.service === service && volumes.some((volume) => volume.name === `${one.project}_${key}`),
    )
    if (service === undefined || like?.project === undefined) return []
    return [
      `The Compose project "${like.project}" on ${host} also has a service "${service}" with a volume "${key}". If it is this app under another name, set \`project-name: ${like.project}\`: otherwise this one begins with an empty "${name}".`,
    ]
  })
}

/** The volumes that Compose makes for this project. */
function ownVolumes({ volumes = {} }: ComposeModel, project: string): { key: string; name: string }[] {
  const own = Object.entries(volumes).filter(([, volume]) => volume?.external !== true)
  return own.map(([key, volume]) => ({ key, name: realName(project, key, volume) }))
}
