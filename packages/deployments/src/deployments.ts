import type { GitHubApi } from '@deploy-actions/github'
import { UserError } from '@deploy-actions/kit'
import { type DeploymentPayload, readPayload, writtenPayload } from './deployment-payload.ts'
import { lastReleases } from './last-releases.ts'

/** A record of GitHub that something was brought to an environment. */
export interface Deployment {
  readonly id: number
  /** The commit, 40 hex digits. */
  readonly commit: string
  readonly environment: string
  /** Login of who wrote it. */
  readonly creator: string
  readonly createdAt: string
  /** Undefined when others wrote it. */
  readonly payload: DeploymentPayload | undefined
}

export type DeploymentState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success'

export interface DeploymentStatus {
  readonly state: DeploymentState
  readonly description: string
  readonly creator: string
  readonly createdAt: string
}

export interface NewDeployment {
  readonly environment: string
  readonly commit: string
  readonly task: 'deploy' | 'rollback'
  readonly description: string
  readonly payload: DeploymentPayload
}

export interface NewStatus {
  readonly state: DeploymentState
  readonly description: string
  readonly environmentUrl?: string | undefined
  readonly logUrl?: string | undefined
}

/** GitHub's record of what ran where. Bookkeeping, no proof: whoever may write deployments can write one. */
export interface Deployments {
  /** The newest first. */
  newest(environment: string, count: number): Promise<Deployment[]>
  /**
   * The newest one there that fits, however many others lie before it: a job with `environment:` writes one each time.
   * @throws UserError DA-GITHUB-API when 2,000 deployments were read, and there are more
   */
  find<T extends Deployment>(environment: string, fits: (one: Deployment) => one is T): Promise<T | undefined>
  /**
   * The newest `count` releases of every app in every environment that there ever was, as `lastReleases` counts them.
   * @throws UserError DA-GITHUB-API when there are more than 5,000 deployments
   */
  newestOfEach(count: number): Promise<Deployment[]>
  /** The newest first. */
  statuses(id: number): Promise<DeploymentStatus[]>
  create(deployment: NewDeployment): Promise<number>
  say(id: number, status: NewStatus): Promise<void>
}

const PAGE = 100
const MOST_PAGES = 50
/** Of one environment. */
const MOST_PAGES_BACK = 20

const PATH = '/repos/{owner}/{repo}/deployments'

/** The longest description that GitHub takes. */
const LONGEST = 140

interface Listed {
  id: number
  sha: string
  environment: string
  payload: unknown
  creator: { login?: string } | null
  created_at: string
}

interface ListedStatus {
  state: DeploymentState
  description: string | null
  creator: { login?: string } | null
  created_at: string
}

/** @param repository `owner/name` */
export function deploymentsOf(api: GitHubApi, repository: string): Deployments {
  const [owner = '', repo = ''] = repository.split('/')
  const here = { owner, repo }
  return {
    async newest(environment, count) {
      const found = await api.request<Listed[]>(`GET ${PATH}`, { ...here, environment, per_page: count })
      return found.map(deploymentFrom)
    },
    async find<T extends Deployment>(environment: string, fits: (one: Deployment) => one is T) {
      for (let page = 1; page <= MOST_PAGES_BACK; page++) {
        const some = await api.request<Listed[]>(`GET ${PATH}`, { ...here, environment, per_page: PAGE, page })
        const found = some.map(deploymentFrom).find(fits)
        if (found !== undefined || some.length < PAGE) return found
      }
      throw new UserError(
        'DA-GITHUB-API',
        `${environment} has more than ${PAGE * MOST_PAGES_BACK} deployments, and none of the newest is meant`,
        {
          hint: 'Write `deployment: false` under `environment:` of jobs that bring nothing there: GitHub records each of them. Then deploy there once.',
        },
      )
    },
    async newestOfEach(count) {
      const all: Deployment[] = []
      for (let page = 1; page <= MOST_PAGES; page++) {
        const found = await api.request<Listed[]>(`GET ${PATH}`, { ...here, per_page: PAGE, page })
        all.push(...found.map(deploymentFrom))
        if (found.length < PAGE) return lastReleases(all, count)
      }
      throw new UserError('DA-GITHUB-API', `${repository} has more than ${PAGE * MOST_PAGES} deployments: those before them were not read`)
    },
    async statuses(id) {
      const found = await api.request<ListedStatus[]>(`GET ${PATH}/{deployment_id}/statuses`, {
        ...{ ...here, deployment_id: id, per_page: 100 },
      })
      return found.map(({ state, description, creator, created_at: createdAt }) => {
        return { state, description: description ?? '', creator: creator?.login ?? '', createdAt }
      })
    },
    async create({ environment, commit, task, description, payload }) {
      const made = await api.request<{ id: number }>(`POST ${PATH}`, {
        ...{ ...here, ref: commit, task, environment, description: cut(description) },
        payload: writtenPayload(payload),
        // Without these two GitHub merges the default branch into the commit, or waits for checks of it.
        ...{ auto_merge: false, required_contexts: [] },
        ...{ transient_environment: false, production_environment: isProduction(environment) },
      })
      return made.id
    },
    async say(id, { state, description, environmentUrl, logUrl }) {
      await api.request(`POST ${PATH}/{deployment_id}/statuses`, {
        // By itself GitHub would end what other apps run there; `recordRelease` ends what a release has replaced.
        ...{ ...here, deployment_id: id, state, description: cut(description), auto_inactive: false },
        ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
        ...(logUrl !== undefined && { log_url: logUrl }),
      })
    },
  }
}

function deploymentFrom({ id, sha, environment, payload, creator, created_at: createdAt }: Listed): Deployment {
  return { id, commit: sha, environment, creator: creator?.login ?? '', createdAt, payload: readPayload(payload) }
}

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`)

/** GitHub knows only the name `production` by itself, and takes no other environment for one. */
const isProduction = (environment: string): boolean => /^prod(uction)?$|^prod(uction)?[-_/ ]/i.test(environment)
