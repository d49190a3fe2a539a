import { type Cipher, looksEncrypted } from './cipher.ts'
import { badRequest } from './problem.ts'

// biome-ignore lint/suspicious/noExplicitAny: a spec is whatever JSON somebody sends
export type Spec = Record<string, any>

export interface Taking {
  /** Undefined: there is no app yet. */
  readonly cipher: Cipher | undefined
  /** The spec that it takes the place of. */
  readonly before: Spec | undefined
  /** Only judged, not stored. */
  readonly proposed: boolean
  /** Fills in what the schemas call a default; whether the real API shows these is unverified. */
  readonly normalise: boolean
  /** Told about what the real API does silently to the user's harm. */
  readonly damage: (what: string) => void
}

const LISTS = ['services', 'workers', 'jobs', 'static_sites', 'functions']
const SOURCES = ['image', 'git', 'github', 'gitlab', 'bitbucket']

export function componentsIn(spec: Spec): { list: string; name: string; kind: string; spec: Spec }[] {
  return LISTS.flatMap((list) =>
    ((spec[list] ?? []) as Spec[]).map((one) => ({ list, name: String(one.name), kind: String(one.kind ?? ''), spec: one })),
  )
}

/** Takes a spec as the API does: refuses, fills in defaults, encrypts. The caller's object stays as it is. */
export function takeSpec(given: Spec, taking: Taking): Spec {
  const spec = structuredClone(given)
  const components = componentsIn(spec)
  const names = components.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw badRequest(`error validating app spec: component name "${twice}" is not unique`)
  if (components.length === 0) throw badRequest('error validating app spec: at least one component is required')
  for (const component of components) takeSource(component.name, component.list, component.spec, taking)
  for (const [place, holder] of [['', spec] as const, ...components.map(({ name, spec: one }) => [name, one] as const)])
    for (const [at, env] of ((holder.envs ?? []) as Spec[]).entries()) takeEnv(place, at, env, taking)
  if (taking.normalise) for (const { list, spec: component } of components) fillIn(list, component)
  return spec
}

function takeSource(name: string, list: string, component: Spec, taking: Taking): void {
  const sources = SOURCES.filter((one) => component[one] !== undefined)
  if (sources.length !== 1) throw badRequest(`error validating app spec field "${list}.${name}": exactly one source is required`)
  const { image } = component
  if (image === undefined) return
  const wrong = (what: string) => badRequest(`error validating app spec field "${list}.${name}.image": ${what}`)
  if (image.tag !== undefined && image.digest !== undefined) throw wrong('tag and digest are mutually exclusive')
  if (image.registry_type === 'DOCR' && (image.registry ?? '') !== '') throw wrong('registry must be left empty for the DOCR registry type')
  if (/^[^/]+\.[^/]+\//.test(image.repository ?? '')) throw wrong('repository must not contain the registry')
  if (image.registry_type === 'GHCR' && (image.registry ?? '') === '') throw wrong('registry is required')
  if (image.digest !== undefined && image.deploy_on_push?.enabled) throw wrong('deploy_on_push cannot be used with a digest')
  if (image.registry_credentials !== undefined)
    image.registry_credentials = secret(image.registry_credentials, `${name} registry_credentials`, taking)
}

/** Rules of secrets: digitalocean/openapi app_variable_definition; refusals and silent losses from public notes, unverified live. */
function takeEnv(place: string, at: number, env: Spec, taking: Taking): void {
  const where = `${place || 'app'}.${env.key}`
  if (env.type !== 'SECRET') {
    if (looksEncrypted(env.value)) taking.damage(`${where} is the cipher itself now: it came without \`type: SECRET\``)
    return
  }
  if (env.value === undefined || env.value === '') {
    taking.damage(`${where} is empty now: it came without a value`)
    return
  }
  if (looksEncrypted(env.value) && taking.cipher === undefined)
    throw badRequest(
      `errors validating app spec; first error in field "envs.${at}.value": secret env value must not be encrypted before app is created`,
    )
  env.value = secret(env.value, where, taking)
}

function secret(value: string, where: string, { cipher, before, proposed }: Taking): string {
  if (cipher === undefined) return value
  if (!looksEncrypted(value)) return proposed ? value : cipher.encrypt(value)
  const [place, key] = where.split(/[. ]/) as [string, string]
  const holder = place === 'app' ? before : before && componentsIn(before).find(({ name }) => name === place)?.spec
  const known =
    key === 'registry_credentials' ? holder?.image?.[key] : ((holder?.envs ?? []) as Spec[]).find((env) => env.key === key)?.value
  if (cipher.decrypt(value) === undefined || known === undefined)
    throw badRequest(`error validating app spec: encrypted value of ${where} cannot be decrypted`)
  return value
}

function fillIn(list: string, component: Spec): void {
  for (const env of (component.envs ?? []) as Spec[]) {
    env.scope ??= 'RUN_AND_BUILD_TIME'
    env.type ??= 'GENERAL'
  }
  if (component.image !== undefined && component.image.digest === undefined) component.image.tag ??= 'latest'
  if (list === 'services') component.http_port ??= 8080
  if (['services', 'workers', 'jobs'].includes(list)) {
    component.instance_count ??= 1
    component.instance_size_slug ??= 'apps-s-1vcpu-0.5gb'
  }
  if (list === 'jobs' && (component.kind ?? 'UNSPECIFIED') === 'UNSPECIFIED') component.kind = 'POST_DEPLOY'
}
