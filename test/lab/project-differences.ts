import type { SeenContainer, SeenProject } from './project-state.ts'

// Differences as sentences, so that a failure says what it is; none when all is as it must be.

type Model = {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly environment?: Readonly<Record<string, string | null>>
        readonly scale?: number
        readonly deploy?: { readonly replicas?: number }
      }
    >
  >
}

interface Wanted {
  /** As a person's `docker compose config` prints it. */
  readonly model: Model
  /** Strategies of the first plan, by service. */
  readonly strategies: Readonly<Record<string, string>>
  /** Services that end by themselves. */
  readonly ends: readonly string[]
  /** What containers see where only the host knows it: of these services nothing else is compared. */
  readonly seen: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Every service has its containers, as many as the file asks for, and they see the variables that a person's Compose would give them. */
export function differencesToFile({ containers }: SeenProject, { model, strategies, ends, seen }: Wanted): string[] {
  return Object.entries(strategies).flatMap(([service, strategy]) => {
    const own = containers.filter((one) => one.service === service)
    const { environment, scale, deploy } = model.services[service] ?? {}
    const wanted = strategy === 'off' ? 0 : (scale ?? deploy?.replicas ?? 1)
    const values = seen[service] ?? Object.fromEntries(Object.entries(environment ?? {}).map(([name, value]) => [name, undoubled(value)]))
    return [
      ...(own.length === wanted ? [] : [`${service} has ${own.length} containers and not ${wanted}`]),
      ...own.flatMap((one) => wrongState(one, ends.includes(service) ? 'once' : strategy)),
      ...own.flatMap((one) => wrongValues(one, values)),
    ]
  })
}

const undoubled = (value: string | null): string | undefined => value?.replaceAll('$$', '$')

function wrongState({ service, running, exitCode, project }: SeenContainer, strategy: string): string[] {
  if (strategy === 'once') return running || exitCode !== 0 ? [`${service} has not ended well`] : []
  const inSlot = /-(blue|green)$/.test(project)
  return [
    ...(running ? [] : [`${service} does not run`]),
    ...(inSlot === (strategy === 'switch') ? [] : [`${service} is in project ${project}, and its strategy is ${strategy}`]),
  ]
}

const wrongValues = ({ service, env }: SeenContainer, values: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    env[name] === value ? [] : [`${service} sees ${name}=${JSON.stringify(env[name])} and not ${JSON.stringify(value)}`],
  )

/** What must be the same in two states: the containers of all services that do not move, and the volumes. */
export function changesBeside(moves: readonly string[], before: SeenProject, after: SeenProject): string[] {
  const staying = (state: SeenProject) =>
    state.containers
      .filter(({ service }) => !moves.includes(service))
      .map(({ project, service, id, startedAt }) => `${project}/${service} ${id} since ${startedAt}`)
  return [
    ...missing('container', staying(before), staying(after)),
    ...missing('new container', staying(after), staying(before)),
    ...missing('volume', before.volumes, after.volumes),
    ...missing('new volume', after.volumes, before.volumes),
  ]
}

const missing = (what: string, all: readonly string[], there: readonly string[]): string[] =>
  all.filter((one) => !there.includes(one)).map((one) => `${what} ${one} is only on one side`)

/** Of the services that move: in `project`'s live slot and base they have this version, and but for what a release is called they see the same. */
export function differencesOfMoved(
  moves: readonly string[],
  before: SeenProject,
  after: SeenProject,
  version: string,
  same: readonly string[],
): string[] {
  const live = after.containers.filter(
    ({ service, running, project }) => moves.includes(service) && (running || !/-(blue|green)$/.test(project)),
  )
  return [
    ...moves.filter((service) => !live.some((one) => one.service === service)).map((service) => `${service} has no container`),
    ...live.flatMap((one) => {
      const old = before.containers.find(({ service }) => service === one.service)
      const changed = Object.keys({ ...old?.env, ...one.env }).filter((name) => !same.includes(name) && old?.env[name] !== one.env[name])
      return [
        ...(one.env.STAND_IN === version ? [] : [`${one.service} is ${one.env.STAND_IN} and not ${version}`]),
        ...changed.map((name) => `${one.service} sees ${name}=${one.env[name]}, and saw ${old?.env[name]}`),
      ]
    }),
  ]
}
