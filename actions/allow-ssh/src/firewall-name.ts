import type { Firewall } from '@deploy-actions/digitalocean'

/** What a run of this action calls its firewalls: what a later run has to know of a dead one, and what a person wants to know of it. */
export interface RunName {
  /** `acme-shop`; from a shell `local-ann-laptop`. */
  readonly repository: string
  readonly run: number
  readonly attempt: number
  /** For how many hours a job can last there (docs.github.com: usage limits of hosted and of self-hosted runners). */
  readonly hours: number
}

type Env = Readonly<Record<string, string | undefined>>

/** @param machine the computer's name, which tells apart who does it from a shell: there is no run that does */
export function runNameIn(env: Env, machine: string): RunName {
  const local = ['local', env.USER ?? env.USERNAME, machine].join('-')
  const { GITHUB_REPOSITORY: repository = local, GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt, RUNNER_ENVIRONMENT: where } = env
  return {
    repository: repository.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 60),
    ...{ run: Number(run ?? 0), attempt: Number(attempt ?? 1) },
    hours: env.GITHUB_ACTIONS === 'true' && where !== 'github-hosted' ? 120 : 6,
  }
}

/** Begins with a letter, then letters, digits, `.` and `-` (digitalocean/openapi, models/firewall.yml). @param random hex digits: two jobs or steps of a run differ in nothing else */
export const nameOf = ({ repository, run, attempt, hours }: RunName, random: string, part: number): string =>
  `deploy-actions-ssh-${repository}-${run}-${attempt}-${random}-${hours}h${part === 0 ? '' : `-${part + 1}`}`

const NAME = /^deploy-actions-ssh-(.+)-(\d+)-(\d+)-[0-9a-f]+-(\d+)h(?:-\d+)?$/

/** The run that made a firewall; undefined where it is none of this action's. */
export function madeBy({ name }: Pick<Firewall, 'name'>): RunName | undefined {
  const [, repository, run, attempt, hours] = NAME.exec(name) ?? []
  return repository === undefined ? undefined : { repository, run: Number(run), attempt: Number(attempt), hours: Number(hours) }
}

/** Whether a firewall was left by a run of the same repository that is surely over: longer ago than a job can last, or another attempt of this run. */
export function isLeftover(firewall: Firewall, own: RunName, now: number): boolean {
  const by = madeBy(firewall)
  if (by === undefined || by.repository !== own.repository) return false
  return (by.run === own.run && by.attempt < own.attempt) || now - firewall.createdAt > by.hours * 3_600_000
}
