import { type BuildRecord, parseBuildRecord } from '@deploy-actions/release'

/** What a deployment record says beside GitHub's own fields. Names only: never a value of a variable. */
export interface DeploymentPayload {
  /** The release that was brought to the environment; on App Platform the id of the platform's deployment. */
  readonly release: string
  /** The one that served before; empty on the first deploy. */
  readonly previous: string
  readonly app: string
  readonly target: 'compose-ssh' | 'app-platform'
  /** How it came there. */
  readonly via: 'deploy' | 'rollback'
  /** False: it was tried and taken back, and the one before serves on. */
  readonly serves: boolean
  /** Its end was not seen: it may serve, now or soon. */
  readonly unsettled?: boolean
  /** Absent where the images came without a build record; such a release cannot be promoted. */
  readonly build?: BuildRecord
  /** Images by service, by digest. */
  readonly images: Readonly<Record<string, string>>
  /** Names of the variables that the containers of this release get. */
  readonly env: readonly string[]
  readonly run?: { readonly id: string; readonly attempt: number; readonly url: string }
  readonly reason?: string
}

/** Tells our records from those that others write. */
const MARK = 'deploy-actions'

export const writtenPayload = (payload: DeploymentPayload): Record<string, unknown> => ({ [MARK]: 1, ...payload })

/** Reads the payload of a deployment, which GitHub gives back as an object or as a text; undefined when it is none of ours, or not whole. */
export function readPayload(raw: unknown): DeploymentPayload | undefined {
  const data = objectIn(raw)
  if (data === undefined || data[MARK] !== 1) return undefined
  const { release, previous, app, target, via, serves, unsettled, images, env, run, reason, build } = data
  if (typeof release !== 'string' || typeof app !== 'string' || (via !== 'deploy' && via !== 'rollback')) return undefined
  const record = build === undefined ? undefined : buildIn(build)
  if (build !== undefined && record === undefined) return undefined
  return {
    ...{ release, app, via, target: target === 'app-platform' ? 'app-platform' : 'compose-ssh' },
    serves: serves !== false,
    ...(unsettled === true && { unsettled }),
    previous: typeof previous === 'string' ? previous : '',
    images: textsIn(images),
    env: Array.isArray(env) ? env.filter((name) => typeof name === 'string') : [],
    ...(record && { build: record }),
    ...(isRun(run) && { run }),
    ...(typeof reason === 'string' && { reason }),
  }
}

function objectIn(raw: unknown): Record<string, unknown> | undefined {
  let data = raw
  if (typeof raw === 'string') {
    try {
      data = JSON.parse(raw)
    } catch {
      return undefined
    }
  }
  return data !== null && typeof data === 'object' && !Array.isArray(data) ? (data as Record<string, unknown>) : undefined
}

function buildIn(raw: unknown): BuildRecord | undefined {
  try {
    return parseBuildRecord(JSON.stringify(raw))
  } catch {
    return undefined
  }
}

function textsIn(raw: unknown): Record<string, string> {
  const all = Object.entries(objectIn(raw) ?? {})
  return Object.fromEntries(all.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function isRun(raw: unknown): raw is NonNullable<DeploymentPayload['run']> {
  const { id, attempt, url } = objectIn(raw) ?? {}
  return typeof id === 'string' && /^\d+$/.test(id) && typeof attempt === 'number' && typeof url === 'string'
}
