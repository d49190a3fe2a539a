/**
 * What `docker compose config --format json` prints, as far as we look at it. Everything else is carried along untouched, so every part has an
 * index signature. All texts still have Compose's `$$` for a dollar sign.
 */
export interface ComposeModel {
  readonly name?: string
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks?: Readonly<Record<string, ComposeNetwork | null>>
  readonly volumes?: Readonly<Record<string, ComposeVolume | null>>
  readonly configs?: Readonly<Record<string, ComposeFileObject>>
  readonly secrets?: Readonly<Record<string, ComposeFileObject>>
  readonly [key: string]: unknown
}

export interface ComposeService {
  readonly image?: string
  readonly build?: unknown
  readonly container_name?: string
  readonly depends_on?: Readonly<Record<string, ComposeDependency>>
  readonly deploy?: ComposeDeploy
  readonly environment?: Readonly<Record<string, string | null>>
  readonly expose?: readonly string[]
  readonly external_links?: readonly string[]
  readonly healthcheck?: { readonly test?: readonly string[] | string; readonly disable?: boolean; readonly [key: string]: unknown }
  readonly labels?: Readonly<Record<string, string>>
  readonly links?: readonly string[]
  readonly mac_address?: string
  readonly network_mode?: string
  readonly ipc?: string
  readonly pid?: string
  readonly networks?: Readonly<Record<string, ComposeServiceNetwork | null>>
  readonly ports?: readonly ComposePort[]
  readonly profiles?: readonly string[]
  readonly restart?: string
  readonly scale?: number
  readonly configs?: readonly ComposeFileUse[]
  readonly secrets?: readonly ComposeFileUse[]
  readonly stop_grace_period?: string
  readonly volumes?: readonly ComposeMount[]
  readonly volumes_from?: readonly string[]
  readonly post_start?: readonly unknown[]
  readonly pre_start?: readonly unknown[]
  readonly pre_stop?: readonly unknown[]
  readonly provider?: unknown
  readonly models?: unknown
  readonly [key: string]: unknown
}

export interface ComposeDependency {
  readonly condition?: 'service_started' | 'service_healthy' | 'service_completed_successfully'
  readonly required?: boolean
  readonly restart?: boolean
}

export interface ComposeDeploy {
  readonly replicas?: number
  readonly restart_policy?: { readonly condition?: string; readonly max_attempts?: number; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export interface ComposePort {
  readonly target: number
  /** One port, or a range of which Docker takes a free one; absent for any free port. */
  readonly published?: string
  readonly protocol?: string
  readonly host_ip?: string
  readonly mode?: string
  readonly [key: string]: unknown
}

export interface ComposeServiceNetwork {
  readonly aliases?: readonly string[]
  readonly ipv4_address?: string
  readonly ipv6_address?: string
  readonly mac_address?: string
  readonly [key: string]: unknown
}

export interface ComposeNetwork {
  readonly name?: string
  readonly external?: boolean
  readonly [key: string]: unknown
}

export interface ComposeVolume {
  readonly name?: string
  readonly external?: boolean
  readonly [key: string]: unknown
}

/** A config or a secret. */
export interface ComposeFileObject {
  readonly name?: string
  readonly file?: string
  readonly environment?: string
  readonly content?: string
  readonly external?: boolean
  readonly [key: string]: unknown
}

export interface ComposeFileUse {
  readonly source: string
  readonly target?: string
  readonly [key: string]: unknown
}

export interface ComposeMount {
  readonly type: string
  readonly source?: string
  readonly target: string
  readonly read_only?: boolean
  readonly [key: string]: unknown
}

/** A service of the model by a name that is known to be there. */
export function serviceOf(model: ComposeModel, name: string): ComposeService {
  const service = model.services[name]
  if (service === undefined) throw new Error(`no service ${name} in the model`)
  return service
}

/** How many containers the file asks for; one where it says nothing. */
export const replicasOf = (service: ComposeService): number => service.scale ?? service.deploy?.replicas ?? 1

/** The text that Compose means: `$$` is its way to write a dollar sign. */
export const undoubled = (text: string): string => text.replaceAll('$$', '$')

/** The way to write `text` into a model that Compose interpolates once more. */
export const doubled = (text: string): string => text.replaceAll('$', '$$$$')
