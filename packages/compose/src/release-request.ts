import type { Adoption } from './adoption.ts'
import type { AssetsChoice } from './assets-line.ts'
import type { CollectedFile } from './collect-files.ts'
import type { ComposeModel } from './compose-model.ts'
import type { Environment } from './file-objects.ts'
import type { NetworkDefinitions } from './network-changes.ts'
import type { KeptFiles, Places } from './place-paths.ts'
import type { ReleaseImages } from './release-image.ts'
import type { HealthChoice, StrategyChoice } from './service-lines.ts'
import type { Switching } from './service-ports.ts'
import type { LiveService } from './strategies.ts'
import type { VerifyCheck } from './verify-line.ts'

/** All that a release is planned from; the same request gives the same bytes. */
export interface ReleaseRequest extends Switching, Places {
  readonly id: string
  /** The release that this one repeats with other env. */
  readonly of?: string
  readonly app: string
  readonly project: string
  /** 40 hex digits. */
  readonly commit?: string
  /** Seconds since 1970. */
  readonly commitTime?: number
  readonly runUrl?: string
  /** As the host's `docker compose config --format json` printed it. */
  readonly model: ComposeModel
  /** What was uploaded. */
  readonly files: readonly CollectedFile[]
  /** Values for configs and secrets with `environment:`. */
  readonly environment?: Environment
  readonly images: ReleaseImages
  readonly strategy: readonly StrategyChoice[]
  readonly health: readonly HealthChoice[]
  readonly verify?: readonly VerifyCheck[]
  readonly profiles?: readonly string[]
  readonly trustedProxies?: readonly string[]
  readonly assets?: readonly AssetsChoice[]
  readonly proxyProtocol?: readonly string[]
  /** Where the balancer that hosts are taken out of asks whether one is well. */
  readonly balancer?: HealthCheck | undefined
  /** Caddy's directives for public listeners. */
  readonly caddyfile?: string | undefined
  readonly edgeImage: string
  readonly times: ReleaseTimes
  /** Points of a hundred by which the share of 5xx may grow; undefined: not watched. */
  readonly maxErrorIncrease?: number | undefined
  readonly keepReleases: number
  /** How many hosts the deploy has. */
  readonly hosts: number
  /** What is live on the host; undefined on the first deploy. */
  readonly current?: CurrentRelease
  /** What people started of this project, before the first release. */
  readonly adoption?: Adoption
  /** Files on the host that people gave values from; the agent reads them. */
  readonly envFiles?: readonly string[]
  readonly dryRun?: boolean
  /** Published ports of databases that may be open to everybody. */
  readonly allowPublicPorts?: readonly number[]
  /** Containers of other projects whose nginx is reloaded at the handover. */
  readonly reloadOtherProxies?: readonly string[]
  /** Services that this release does not have are removed after the switch. */
  readonly removeOrphans?: boolean
  /** `false`: no nginx is told at the handover. */
  readonly reloadProxies?: boolean
}

/** Over http, at this port of the host. */
export interface HealthCheck {
  readonly port: number
  readonly path: string
}

/** Milliseconds. */
export interface ReleaseTimes {
  readonly healthTimeout: number
  readonly verifyFor: number
  readonly drainTimeout: number
  readonly streamDrainTimeout: number
  readonly warmPrevious: number
}

/** What the next run needs of the live release; `currentRelease` reads it from its release.json. */
export interface CurrentRelease {
  readonly id: string
  readonly fingerprint: string
  readonly commit?: string
  readonly commitTime?: number
  /** By service, as they run. */
  readonly images: Readonly<Record<string, string>>
  readonly base: Readonly<Record<string, LiveService>>
  readonly networks?: NetworkDefinitions
  readonly kept?: KeptFiles
  /** Folders there that have other files besides. */
  readonly mixed?: readonly string[]
}
