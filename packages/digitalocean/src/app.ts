import type { JsonObject } from './json-value.ts'

/** An app as the API shows it; only what is read here has a type. The spec is opaque: it is edited by path and never rebuilt. */
export interface App {
  readonly id: string
  readonly spec: JsonObject
  readonly live_url?: string
  readonly project_id?: string
  readonly created_at?: string
  readonly updated_at?: string
  readonly active_deployment?: Deployment
  readonly in_progress_deployment?: Deployment
  readonly pending_deployment?: Deployment
  readonly pinned_deployment?: Deployment
}

export interface Deployment {
  readonly id: string
  /** One of `phases`, or a word that the platform has learned since. */
  readonly phase: string
  readonly spec?: JsonObject
  readonly cause?: string
  readonly cloned_from?: string
  readonly previous_deployment_id?: string
  readonly cause_details?: { readonly type?: string; readonly digitalocean_user_action?: { readonly name?: string } }
  readonly created_at?: string
  readonly updated_at?: string
  readonly phase_last_updated_at?: string
  readonly progress?: Progress
}

export interface Progress {
  readonly steps?: readonly Step[]
}

export interface Step {
  readonly name?: string
  readonly status?: string
  readonly component_name?: string
  readonly reason?: { readonly code?: string; readonly message?: string }
  readonly started_at?: string
  readonly steps?: readonly Step[]
}

/** Phases after which nothing comes (digitalocean/app_action, deploy/main.go). */
const ENDS = ['ACTIVE', 'SUPERSEDED', 'ERROR', 'CANCELED']

export const hasEnded = ({ phase }: Pick<Deployment, 'phase'>): boolean => ENDS.includes(phase)

/** The deployment that is under way, if there is one. */
export const busyWith = ({ in_progress_deployment: now, pending_deployment: next }: App): Deployment | undefined =>
  [next, now].find((one) => one !== undefined && one.id !== '' && !hasEnded(one))
