import { UserError } from '@deploy-actions/kit'
import { type Component, componentNamed, componentsOf, imageOf } from './components.ts'
import { isEncrypted } from './encrypted.ts'
import { isObject, type JsonObject, objectsIn, textOf } from './json-value.ts'

export interface MigrationRequest {
  readonly command: string
  /** Name of the job. */
  readonly job: string
  /** The component to copy; undefined: the first service of the release. */
  readonly component: string | undefined
  /** Components that have an image of this release. */
  readonly released: readonly string[]
  /** Plain values of this run, for what is encrypted in the component. */
  readonly values: ReadonlyMap<string, string>
  readonly credentials: string | null | undefined
}

/**
 * Puts the migration into a spec (which is changed): a job that runs before the new version gets requests, from the very image of that component. A job
 * of that name and kind gets command and image, everything else of it stays.
 *
 * @throws UserError DA-APP-MIGRATE
 */
export function setMigration(spec: JsonObject, request: MigrationRequest): void {
  const component = chosen(spec, request)
  const image = imageOf(component)
  if (image === undefined)
    throw wrong(`component "${component.name}" has no image to migrate from`, 'Name another one in `migrate-component`.')
  const there = componentNamed(spec, request.job)
  if (there === undefined) return void add(spec, component, image, request)
  if (there.list !== 'jobs' || there.spec.kind !== 'PRE_DEPLOY')
    throw wrong(`"${request.job}" is there already, and is no job of the kind PRE_DEPLOY`, 'Give another name in `migrate-job`.')
  const { registry_credentials: login } = isObject(there.spec.image) ? there.spec.image : {}
  const { registry_credentials: given, ...rest } = image
  const own = login ?? (isEncrypted(given) ? credentialsFor(image, request) : given)
  there.spec.run_command = request.command
  there.spec.image = { ...rest, ...(own !== undefined && { registry_credentials: own }) }
}

function chosen(spec: JsonObject, { component, released }: MigrationRequest): Component {
  if (component !== undefined) {
    const found = componentNamed(spec, component)
    if (found !== undefined) return found
    throw wrong(
      `the app has no component "${component}"`,
      `It has ${componentsOf(spec)
        .map(({ name }) => name)
        .join(', ')}.`,
    )
  }
  const all = componentsOf(spec).filter(({ name }) => released.includes(name))
  const found = all.find(({ list }) => list === 'services') ?? all[0]
  if (found !== undefined) return found
  throw wrong('no component has an image of this release to migrate from', 'Give `images` or `build`, or name one in `migrate-component`.')
}

function add(spec: JsonObject, component: Component, image: JsonObject, request: MigrationRequest): void {
  const { registry_credentials: login, ...source } = image
  const own = isEncrypted(login) ? credentialsFor(image, request) : textOf(login) || undefined
  const size = component.spec.instance_size_slug
  const envs = objectsIn(component.spec.envs).map((env) => copied(env, component, request))
  const job: JsonObject = {
    name: request.job,
    kind: 'PRE_DEPLOY',
    image: { ...source, ...(own !== undefined && { registry_credentials: own }) },
    run_command: request.command,
    instance_count: 1,
    ...(size !== undefined && { instance_size_slug: size }),
    ...(envs.length > 0 && { envs }),
  }
  spec.jobs = [...objectsIn(spec.jobs), job]
}

/** What is encrypted belongs to its component; only somebody who knows the value can give it to another one. */
function copied(env: JsonObject, { name }: Component, { values, job }: MigrationRequest): JsonObject {
  if (!isEncrypted(env.value)) return structuredClone(env)
  const value = values.get(textOf(env.key))
  if (value !== undefined && value !== '') return { ...env, value }
  const key = textOf(env.key)
  throw wrong(
    `the new job "${job}" needs ${key}, which is encrypted in "${name}" and cannot be copied`,
    `Name ${key} in \`env\` and give its value under \`env:\` of this step (once), or move it to the app level.`,
  )
}

function credentialsFor({ registry_type: type }: JsonObject, { credentials, job }: MigrationRequest): string | undefined {
  if (typeof credentials === 'string') return credentials
  if (credentials === null || type === 'DOCR') return undefined
  throw wrong(
    `the new job "${job}" needs a login for its registry, and the one of the component is encrypted`,
    'Give `registry-credentials` as `user:token` (once).',
  )
}

function wrong(problem: string, hint: string): UserError {
  return new UserError('DA-APP-MIGRATE', `the migration cannot be set up: ${problem}`, { hint })
}
