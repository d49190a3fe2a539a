/** What a host is, as the agent reports it. */
export interface HostFacts {
  /** For messages: the host's name as the user wrote it. */
  readonly host: string
  /** The user that commands run as. */
  readonly user: string
  /** `x86_64`, `aarch64`, … */
  readonly arch: string
  /** The engine's version; undefined when the daemon did not answer. */
  readonly dockerVersion?: string
  /** The daemon is that of an ordinary user. */
  readonly rootless?: boolean
  /** Whether there is a `docker` program, and what it said when the daemon did not answer. */
  readonly dockerInstalled: boolean
  readonly dockerError?: string
  /** The Compose plugin's version; undefined without the plugin. */
  readonly composeVersion?: string
  /** Free bytes where Docker keeps images, and where /opt lies; undefined when they could not be told. */
  readonly freeDocker?: number
  readonly freeOpt?: number
  /** Bytes of memory that programs can have, and of swap that is free. */
  readonly memoryAvailable?: number
  readonly swapFree?: number
  /** Bytes that the containers of the live slot and of the other one have for themselves; undefined where that could not be told. */
  readonly slotMemory?: { readonly live: number; readonly idle: number }
  /** Hours since the last backup, where the timer on the host should have made one since. */
  readonly backupOverdue?: { readonly hours: number; readonly allowed: number }
  /** TCP ports that something listens on. */
  readonly listening: readonly { readonly port: number; readonly address?: string }[]
  readonly containers: readonly HostContainer[]
  /** How containers of Compose projects were made; told before the first release only. */
  readonly startedByHand?: readonly StartedByHand[]
  /** Compose files of people's own in the app's folder, which give way to ours; told before the first release only. */
  readonly composeFiles?: readonly string[]
  readonly volumes: readonly HostVolume[]
  /** Names. */
  readonly networks: readonly string[]
  /** Our edge for this app; undefined when there is none. */
  readonly edge?: {
    readonly publishedPorts: readonly HostPort[]
    readonly networks: readonly string[]
    /** The names that it answers for on each network, by the network's name. */
    readonly aliases?: Readonly<Record<string, readonly string[]>>
  }
  readonly current?: {
    readonly id: string
    readonly slot: 'blue' | 'green' | 'none'
    readonly fingerprint: string
    /** Its Compose project. */
    readonly project?: string
    /** Where relative paths of data begin, when that is not the app's directory. */
    readonly dataDirectory?: string
    /** What people named with `--env-file` when they started what became of it; full paths. */
    readonly envFiles?: readonly string[]
    readonly commit?: string
    /** Seconds since 1970. */
    readonly commitTime?: number
  }
}

export interface HostContainer {
  readonly id: string
  /** Compose's labels; undefined for a container of `docker run`. */
  readonly project?: string
  readonly service?: string
  /** Our label: the app whose slot or edge it is; undefined for all others, base services too. */
  readonly app?: string
  /** `running`, `exited`, `created`, … */
  readonly state: string
  /** Of `docker compose run`. */
  readonly oneOff?: boolean
  /** Names of volumes, and paths on the host. */
  readonly mounts?: readonly string[]
  readonly names: readonly string[]
  readonly ports: readonly HostPort[]
}

/** How a container of a Compose project was made. */
export interface StartedByHand {
  readonly id: string
  /** Where relative paths of the project began. */
  readonly directory: string
  /** The project's Compose files. */
  readonly files: readonly string[]
  /** What was named with `--env-file`; full paths. */
  readonly envFiles?: readonly string[]
  /** Compose's hash of the service's definition. */
  readonly hash: string
  readonly image: string
  /** What `image` was when the container was made. */
  readonly imageId: string
  readonly mounted: readonly HostMount[]
  /** Names of the networks that it is on. */
  readonly networks?: readonly string[]
}

export interface HostMount {
  readonly type: string
  /** A volume's name, or a path on the host. */
  readonly source: string
  readonly target: string
  readonly writable: boolean
}

export interface HostVolume {
  readonly name: string
  /** The Compose project that made it. */
  readonly project?: string
}

/** A TCP port published on the host. */
export interface HostPort {
  readonly published: number
  /** Undefined for all addresses. */
  readonly hostIp?: string
  /** The port in the container; told of the edge only. */
  readonly target?: number
}
