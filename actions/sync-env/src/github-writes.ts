import type { GitHubApi } from '@deploy-actions/github'
import { messageOf, UserError } from '@deploy-actions/kit'
import { type Changes, isNamed } from './changes.ts'
import { aboutOf, type GitHubRequest, PATH, type Standing } from './github-environment.ts'
import { MOST } from './github-limits.ts'
import type { Seal } from './sealed-box.ts'

/** One request that changes something. */
export interface Write {
  readonly name: string
  readonly route: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface Planned {
  readonly values: ReadonlyMap<string, string>
  readonly before: Standing
  readonly changes: Changes
  readonly request: GitHubRequest
}

/** First what is new, and last what goes; the other way round only where there would be no room. */
export async function writesOf(planned: Planned, api: GitHubApi, seal: () => Promise<Seal>): Promise<Write[]> {
  const { before, changes, request } = planned
  const busy = [...changes.added, ...changes.changed]
  const [variables, secrets] = [true, false].map((kind) => busy.filter((name) => isNamed(name, request.variables) === kind)) as [
    string[],
    string[],
  ]
  const news = [...variableWrites(variables, planned), ...(await secretWrites(secrets, planned, { api, seal }))]
  const gone = [...removals('secrets', 'secret_name', planned), ...removals('variables', 'name', planned)]
  const isTight = Math.max(before.secrets.length, before.variables.size) + changes.added.length > MOST
  return isTight ? [...gone, ...news] : [...news, ...gone]
}

function variableWrites(names: readonly string[], { values, before, request }: Planned): Write[] {
  return names.map((name) => {
    const route = before.variables.has(name.toUpperCase()) ? `PATCH ${PATH}/variables/{name}` : `POST ${PATH}/variables`
    return { name, route, parameters: { ...aboutOf(request), name, value: values.get(name) } }
  })
}

async function secretWrites(
  names: readonly string[],
  { values, request }: Planned,
  { api, seal }: { api: GitHubApi; seal: () => Promise<Seal> },
): Promise<Write[]> {
  if (names.length === 0) return []
  const about = aboutOf(request)
  const { key, key_id } = await api.request<{ key: string; key_id: string }>(`GET ${PATH}/secrets/public-key`, about)
  const close = await seal()
  return names.map((name) => ({
    name,
    route: `PUT ${PATH}/secrets/{secret_name}`,
    parameters: { ...about, secret_name: name, encrypted_value: close(values.get(name) as string, key), key_id },
  }))
}

function removals(kind: 'secrets' | 'variables', key: string, { before, changes, request }: Planned): Write[] {
  const there = kind === 'secrets' ? before.secrets : [...before.variables.keys()]
  const gone = changes.removed.filter((name) => there.includes(name))
  return gone.map((name) => ({ name, route: `DELETE ${PATH}/${kind}/{${key}}`, parameters: { ...aboutOf(request), [key]: name } }))
}

/** One after the other, as GitHub asks for. It has no way to write all or none: what was written until it failed is told. */
export async function writeAll(writes: readonly Write[], api: GitHubApi): Promise<void> {
  for (const [at, { route, parameters }] of writes.entries()) {
    try {
      await api.request(route, parameters)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const names = (some: readonly Write[]) => some.map(({ name }) => name).join(', ')
      const told = `written: ${names(writes.slice(0, at)) || 'nothing'}; not written: ${names(writes.slice(at))}`
      throw new UserError(error.code, `${messageOf(error)} (${told})`, {
        ...(error.hint !== undefined && { hint: error.hint }),
        cause: error,
      })
    }
  }
}
