import { type GitHubApi, GitHubRefused } from '@deploy-actions/github'
import { UserError } from '@deploy-actions/kit'
import { type Contracts, namesIn } from './contracts.ts'
import { type Finding, fail, failure, leftOut, ok, warn } from './finding.ts'
import type { Used } from './used-workflows.ts'

/** Names that the workflows read. */
export interface WantedNames {
  readonly secrets: readonly string[]
  readonly variables: readonly string[]
}

/** Without these no deploy can begin; the others have a use, or none. Hosts need the token only where they have to be found. */
const neededOf = ({ variables }: WantedNames): readonly string[] =>
  variables.includes('APP_NAME')
    ? ['DEPLOY_HOST', 'DEPLOY_KNOWN_HOSTS', 'DEPLOY_SSH_KEY', 'APP_NAME', 'DIGITALOCEAN_TOKEN']
    : ['DEPLOY_HOST', 'DEPLOY_KNOWN_HOSTS', 'DEPLOY_SSH_KEY']

/** What the workflows read, and the workflows of ours that they call. */
export async function wantedNames({ uses, texts }: Used, contracts: Contracts): Promise<WantedNames> {
  const called = (await Promise.all(uses.map(({ name }) => contracts(name)))).flatMap((contract) => contract ?? [])
  const all = (context: 'secrets' | 'vars', more: readonly string[]) =>
    [...new Set([...[...texts.values()].flatMap((text) => namesIn(text, context)), ...more])]
      .filter((name) => name !== 'GITHUB_TOKEN')
      .sort()
  // A secret of a called workflow counts only where the caller hands it over.
  return {
    secrets: all('secrets', []),
    variables: all(
      'vars',
      called.flatMap(({ variables }) => variables),
    ),
  }
}

export interface GitHubRequest {
  readonly wanted: WantedNames
  readonly environments: readonly string[]
  /** `owner/name`; undefined when nobody knows. */
  readonly repository: string | undefined
  /** Undefined without a token. */
  readonly api: GitHubApi | undefined
}

/** Compares names, never values: GitHub tells no secret to anybody. */
export async function checkGitHub({ wanted, environments, repository, api }: GitHubRequest): Promise<Finding[]> {
  const names = `secrets ${wanted.secrets.join(', ') || 'none'}; variables ${wanted.variables.join(', ') || 'none'}`
  if (api === undefined || repository === undefined) {
    const why =
      api === undefined
        ? 'no token: set GITHUB_TOKEN, for example to what `gh auth token` prints'
        : 'the folder has no remote at GitHub: give `--github-repository owner/name`'
    return [ok(`the workflows read ${names}`), leftOut('whether they are set', why)]
  }
  const [owner = '', repo = ''] = repository.split('/')
  try {
    const own = await namesOf(api, '/repos/{owner}/{repo}/actions/', { owner, repo })
    const each = await Promise.all(
      environments.map((environment) =>
        ofEnvironment(api, { owner, repo, environment, own, wanted, last: environment === environments.at(-1) }),
      ),
    )
    return [ok(`the workflows read ${names}`), ...each.flat()]
  } catch (error) {
    if (error instanceof UserError) return [failure(error)]
    throw error
  }
}

interface Names {
  readonly secrets: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
}

async function namesOf(api: GitHubApi, place: string, parameters: Readonly<Record<string, string>>): Promise<Names> {
  const list = async (kind: 'secrets' | 'variables') =>
    new Set((await api.all<{ name: string }>(`GET ${place}${kind}`, kind, parameters)).map(({ name }) => name))
  return { secrets: await list('secrets'), variables: await list('variables') }
}

interface EnvironmentRequest {
  readonly owner: string
  readonly repo: string
  readonly environment: string
  /** Of the repository itself. */
  readonly own: Names
  readonly wanted: WantedNames
  readonly last: boolean
}

async function ofEnvironment(api: GitHubApi, { owner, repo, environment, own, wanted, last }: EnvironmentRequest): Promise<Finding[]> {
  const at = { owner, repo, environment_name: environment }
  const about = await api
    .request<{ protection_rules?: { type: string }[] }>('GET /repos/{owner}/{repo}/environments/{environment_name}', at)
    .catch((error: unknown) => {
      if (error instanceof GitHubRefused && error.status === 404) return undefined
      throw error
    })
  if (about === undefined)
    return [fail(`there is no environment ${environment}`, `gh api --method PUT "repos/${owner}/${repo}/environments/${environment}"`)]
  const found = await namesOf(api, '/repos/{owner}/{repo}/environments/{environment_name}/', at)
  const both = { environment, needed: neededOf(wanted) }
  const findings = [
    ...compared('secret', wanted.secrets, { here: found.secrets, repository: own.secrets, otherKind: found.variables, ...both }),
    ...compared('variable', wanted.variables, { here: found.variables, repository: own.variables, otherKind: found.secrets, ...both }),
  ]
  const reviewers = about.protection_rules?.some(({ type }) => type === 'required_reviewers') ?? false
  const gate =
    last && !reviewers
      ? [
          warn(
            `${environment} has no required reviewers`,
            'Settings → Environments. Where your plan has none: docs/guide-pipelines.md, "Without required reviewers".',
          ),
        ]
      : []
  return [...(findings.length === 0 ? [ok(`${environment}: all are set`)] : findings), ...gate]
}

interface Places {
  readonly here: ReadonlySet<string>
  readonly repository: ReadonlySet<string>
  readonly otherKind: ReadonlySet<string>
  readonly environment: string
  readonly needed: readonly string[]
}

function compared(kind: 'secret' | 'variable', names: readonly string[], places: Places): Finding[] {
  const { here, repository, otherKind, environment, needed } = places
  return names.flatMap((name) => {
    if (here.has(name)) return []
    const mend = `gh ${kind} set ${name} --env ${environment}`
    if (otherKind.has(name))
      return [fail(`${name} of ${environment} is a ${kind === 'secret' ? 'variable' : 'secret'} and has to be a ${kind}`, mend)]
    if (!repository.has(name))
      return [
        needed.includes(name)
          ? fail(`${environment} lacks the ${kind} ${name}`, mend)
          : warn(`${environment} has no ${kind} ${name}`, `${mend}, if it is needed there.`),
      ]
    return name === 'DEPLOY_SSH_KEY' ? [warn(`${name} is a secret of the repository: each job of each branch can read it`, mend)] : []
  })
}
