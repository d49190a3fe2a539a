import { quote } from '@deploy-actions/hosts'
import { addressOf, type Choices, type Environment } from './choices.ts'
import type { ComposeSetup } from './compose-setup.ts'
import { type DeployKey, deployKeys } from './deploy-keys.ts'

/** A variable or secret of an environment at GitHub. */
export interface GitHubValue {
  readonly name: string
  readonly kind: 'variable' | 'secret'
  readonly what: string
  /** The words behind `gh … set NAME --env …`; undefined: typed in when gh asks. */
  readonly from: string | undefined
}

export interface EnvironmentValues {
  readonly environment: string
  readonly values: readonly GitHubValue[]
}

/** What has to be set for an app on hosts. */
export function composeValues(choices: Choices, setup: ComposeSetup): EnvironmentValues[] {
  return deployKeys(choices, setup.databases.length > 0).map((key) => ({
    environment: key.environment,
    values: [...connection(key, choices), ...(key.environment === key.of.name ? ofApp(key.of, setup) : [])],
  }))
}

function connection({ environment, of: { name, hosts }, file }: DeployKey, { branch }: Choices): GitHubValue[] {
  const body =
    hosts.length === 0
      ? `--body '<address of the host of ${name}>'`
      : hosts.length > 1
        ? `--body "$(printf '%s\\n' ${hosts.map(quote).join(' ')})"`
        : `--body ${hosts.map(quote)}`
  return [
    { name: 'DEPLOY_HOST', kind: 'variable', what: `where ${name} runs: \`[user@]host[:port]\`, several one a line`, from: body },
    {
      name: 'DEPLOY_KNOWN_HOSTS',
      kind: 'variable',
      what: 'how the host proves itself: the line that `deploy/setup-host.sh` prints at its end',
      from: `< known_hosts_${name}`,
    },
    {
      name: 'DEPLOY_SSH_KEY',
      kind: 'secret',
      what:
        environment === name
          ? `the private deploy key of ${name}: only its hosts know it`
          : `a second key for the hosts of ${name}. It can do there what the first can, and this environment has no reviewers: let only \`${branch}\` deploy there`,
      from: `< ${file}`,
    },
  ]
}

function ofApp({ name, hosts, domain }: Environment, { door, doorPath, proxy, template }: ComposeSetup): GitHubValue[] {
  const address = hosts[0] === undefined ? '<address>' : addressOf(hosts[0])
  const values: GitHubValue[] = []
  if (door !== undefined && proxy === undefined) {
    const route = `${domain ?? ':80'} -> ${door}`
    values.push({ name: 'DEPLOY_ROUTES', kind: 'variable', what: 'what visitors ask for, and who answers', from: `--body ${quote(route)}` })
  }
  const url = domain === undefined ? `http://${address}${doorPath}` : `https://${domain}${doorPath}`
  values.push({ name: 'SMOKE_URL', kind: 'variable', what: 'where the smoke test asks', from: `--body ${quote(url)}` })
  if (template !== undefined)
    values.push({
      name: 'APP_ENV',
      kind: 'secret',
      what: `values for the keys of ${template}, as JSON: \`{"DATABASE_URL": "…"}\`. Others in ${name} than elsewhere`,
      from: undefined,
    })
  return values
}

/** What has to be set for an app on App Platform. */
export function appPlatformValues(choices: Choices, appName: string): EnvironmentValues[] {
  return choices.environments.map(({ name, domain }, at) => ({
    environment: name,
    values: [
      {
        name: 'APP_NAME',
        kind: 'variable',
        what: 'name of the app there',
        from: `--body ${quote(at === choices.environments.length - 1 ? appName : `${appName}-${name}`)}`,
      },
      ...(domain === undefined
        ? []
        : [
            {
              name: 'SMOKE_URL',
              kind: 'variable',
              what: 'where the smoke test asks',
              from: `--body ${quote(`https://${domain}/`)}`,
            } as const,
          ]),
      { name: 'DIGITALOCEAN_TOKEN', kind: 'secret', what: 'API token with `app:read`, `app:update` and `registry:*`', from: undefined },
    ],
  }))
}

/** The command that sets it. */
export const ghCommand = (environment: string, { name, kind, from }: GitHubValue): string =>
  `gh ${kind} set ${name} --env ${environment}${from === undefined ? ' # asks for the value' : ` ${from}`}`

/** Commands that make the environments and set everything. */
export function ghCommands(all: readonly EnvironmentValues[]): string[] {
  return all.flatMap(({ environment, values }) => [
    `gh api --silent --method PUT "repos/{owner}/{repo}/environments/${environment}"`,
    ...values.map((value) => ghCommand(environment, value)),
  ])
}
