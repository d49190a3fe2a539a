import { type HandContainer, handContainers } from './adoption.ts'
import { type ComposeModel, serviceOf } from './compose-model.ts'
import type { HostFacts } from './host-facts.ts'
import { type Refusal, refusal } from './refusal.ts'
import { realName } from './service-names.ts'
import { volumesOf } from './slot-model.ts'

export interface ProjectQuestion {
  /** The name that it would have. */
  readonly project: string
  /** Who gave that name; undefined: nobody, it is the app's. */
  readonly namedBy?: 'input' | 'file' | undefined
  /** Whether somebody chose the app's name: then a project of another name may be another deployment of the same images, such as staging. */
  readonly appGiven: boolean
  readonly switched: readonly string[]
  /** References that the release supplies, by service. */
  readonly images: ReadonlyMap<string, string>
}

/** Which project a release belongs to: the one that people started by hand under another name, where there is no doubt that it is this app. */
export function findProject(facts: HostFacts, model: ComposeModel, question: ProjectQuestion): { project: string; refusals: Refusal[] } {
  const { project, namedBy, appGiven } = question
  const hand = handContainers(facts)
  const nothing = { project, refusals: [] }
  if (facts.current !== undefined || namedBy === 'input' || hand.some((one) => one.project === project)) return nothing
  const others = [...new Set(hand.flatMap((one) => one.project ?? []))].sort()
  const like = others.flatMap((name) => {
    const own = hand.filter((one) => one.project === name)
    const data = sharedData(own, model)
    const sure = question.switched.some((service) => runsImageOf(own, service, model, question))
    return data === undefined && !sure ? [] : [{ name, data, sure }]
  })
  const [first] = like
  if (first === undefined) return nothing
  if (like.length === 1 && first.sure && namedBy === undefined && !appGiven) return { project: first.name, refusals: [] }
  // Two apps may look alike. With a name in its own file, only the same image says that it is not so.
  const doubtful = like.filter(({ sure, data }) => data !== undefined && (sure || namedBy === undefined))
  return { project, refusals: doubtful.map(({ name, data }) => secondDatabase(facts.host, name, data as SharedData, model, project)) }
}

interface SharedData {
  readonly container: HandContainer
  /** Of the volume in the file. */
  readonly key: string
  readonly volume: string
}

/** A volume that the project has and the release would make anew under its own name. */
function sharedData(own: readonly HandContainer[], model: ComposeModel): SharedData | undefined {
  for (const container of own) {
    if (container.service === undefined || !Object.hasOwn(model.services, container.service)) continue
    for (const key of volumesOf(serviceOf(model, container.service))) {
      const volume = `${container.project}_${key}`
      const isOwn = model.volumes?.[key]?.external !== true
      if (isOwn && container.mounted.some(({ source }) => source === volume)) return { container, key, volume }
    }
  }
  return undefined
}

const runsImageOf = (own: readonly HandContainer[], service: string, model: ComposeModel, { images }: ProjectQuestion): boolean => {
  const wanted = repositoryOf(images.get(service) ?? model.services[service]?.image)
  return wanted !== undefined && own.some((one) => one.service === service && repositoryOf(one.image) === wanted)
}

/** Without tag and digest; undefined for a name that could be anybody's. */
function repositoryOf(image: string | undefined): string | undefined {
  const name = image?.replace(/@.*$/, '').replace(/:[^/]*$/, '')
  return name?.includes('/') ? name : undefined
}

function secondDatabase(
  host: string,
  other: string,
  { container, key, volume }: SharedData,
  model: ComposeModel,
  project: string,
): Refusal {
  const empty = realName(project, key, model.volumes?.[key])
  const message = `${container.names[0]} of the Compose project "${other}" on ${host} has the volume "${volume}", and this release would start "${container.service}" a second time, with the new, empty volume "${empty}"`
  const hint = `If "${other}" is this app, started by hand: set \`project-name: ${other}\`, and it is taken over. If it is another one: set \`project-name: ${project}\`.`
  return refusal('DA-ADOPT-PROJECT', message, hint)
}
