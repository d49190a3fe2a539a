import { isObject, type JsonObject, objectsIn, textOf } from './json-value.ts'

/** A part of an app that has a name: a service, a worker, a job, a static site, functions, or what the platform has learned since. */
export interface Component {
  /** The key of its list in the spec: `services`, `jobs`. */
  readonly list: string
  readonly name: string
  /** The very object in the spec. */
  readonly spec: JsonObject
}

/** Where code comes from; a component has one of them. */
export const SOURCES = ['image', 'git', 'github', 'gitlab', 'bitbucket'] as const

/** All components, in the order of the spec. Databases are none: they have neither code nor variables. */
export function componentsOf(spec: JsonObject): Component[] {
  return Object.entries(spec)
    .filter(([list, value]) => Array.isArray(value) && list !== 'databases')
    .flatMap(([list, value]) =>
      objectsIn(value)
        .filter((one) => typeof one.name === 'string')
        .map((one) => ({ list, name: textOf(one.name), spec: one })),
    )
}

export const componentNamed = (spec: JsonObject, name: string): Component | undefined => componentsOf(spec).find((one) => one.name === name)

/** Whatever has variables: the app itself (undefined) and its components. */
export function envHolders(spec: JsonObject): { place: string | undefined; holder: JsonObject }[] {
  return [{ place: undefined, holder: spec }, ...componentsOf(spec).map(({ name, spec: holder }) => ({ place: name, holder }))]
}

/** The image of a component, if that is where its code comes from. */
export function imageOf({ spec }: Component): JsonObject | undefined {
  return isObject(spec.image) ? spec.image : undefined
}

/** In words, what a component would get by itself when all sources move: a branch, or a tag. Undefined when it stays where it is. */
export function movesBy(component: Component): string | undefined {
  const image = imageOf(component)
  if (image !== undefined)
    return textOf(image.digest) === '' ? `the tag ${textOf(image.tag) || 'latest'} of ${textOf(image.repository)}` : undefined
  const [kind, source] = SOURCES.map((one) => [one, component.spec[one]] as const).find(([, value]) => isObject(value)) ?? []
  if (kind === undefined || !isObject(source)) return undefined
  return `the branch ${textOf(source.branch) || 'that is its default'} of ${textOf(source.repo) || textOf(source.repo_clone_url)}`
}

/** Whether the platform deploys what is pushed without being asked. */
export function deploysOnPush({ spec }: Component): boolean {
  return SOURCES.some((kind) => {
    const source = spec[kind]
    if (!isObject(source)) return false
    const { deploy_on_push: setting } = source
    return setting === true || (isObject(setting) && setting.enabled === true)
  })
}
