import {
  bool,
  each,
  lines,
  list,
  Mistake,
  matching,
  oneOf,
  optional,
  optionalText,
  type Problem,
  reader,
  text,
  type Values,
} from '@deploy-actions/kit'

const name = (what: string) => matching(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, `must be ${what} of letters, digits, \`_\`, \`.\` and \`-\``)

/** A line that holds for all environments, or for the one that it names. */
export interface ForEnvironment {
  readonly environment: string | undefined
  readonly value: string
}

const forEnvironment = reader((line): ForEnvironment => {
  const [, environment, value] = /^(?:([A-Za-z0-9_-]+)=)?(\S+)$/.exec(line) ?? []
  if (value === undefined) throw new Mistake('is neither a value nor `environment=value`')
  return { environment, value }
})

const serviceLine = reader((line): { name: string; context: string | undefined } => {
  const [, service, context] = /^([A-Za-z0-9][A-Za-z0-9._-]*)(?:=(\S+))?$/.exec(line) ?? []
  if (service === undefined) throw new Mistake('is no service', 'Write `web`, or `web=folder`.')
  return { name: service, context }
})

const healthLine = reader((line): { service: string; path: string } => {
  const [, service, path] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(\/\S*)$/.exec(line) ?? []
  if (service === undefined || path === undefined) throw new Mistake('is no path of a service', 'Write `web=/health`.')
  return { service, path }
})

const environmentNames = reader((raw): string[] => {
  const names = list.read(raw)
  if (names.length < 1 || names.length > 2)
    throw new Mistake('must name one or two environments', 'More are chained with promote.yml: docs/guide-pipelines.md.')
  for (const one of names)
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(one)) throw new Mistake(`has "${one}", which is no name of letters, digits, \`_\` and \`-\``)
  return names
})

const secretNames = reader((raw): string[] => {
  const names = list.read(raw)
  for (const one of names) if (!/^[A-Z_][A-Z0-9_]*$/i.test(one)) throw new Mistake(`has "${one}", which is no name of a variable`)
  return names
})

/** Those of commands/init.yml, in its order. */
export const initInputs = {
  directory: text,
  target: optional(oneOf('compose', 'app-platform')),
  app: optional(
    matching(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, `_` and `-`, and begin with a letter or digit'),
  ),
  hosts: each(forEnvironment),
  user: matching(/^[a-z_][a-z0-9_-]*$/, 'must be the name of a user'),
  'compose-file': lines,
  services: each(serviceLine),
  health: each(healthLine),
  environments: environmentNames,
  domain: each(forEnvironment),
  branch: name('a branch'),
  test: optionalText,
  'migrate-tool': optionalText,
  'migrate-service': optionalText,
  registry: optional(matching(/^[a-z0-9.-]+(\/[a-z0-9._/-]+)?$/, 'must be a registry such as `registry.digitalocean.com/acme`')),
  generate: secretNames,
  'public-key': optionalText,
  swap: optional(matching(/^[1-9]\d{0,2}[GM]$/, 'must be a size such as `2G`')),
  actions: optional(matching(/^[\w.-]+\/[\w.-]+@[\w./-]+$/, 'must be `owner/deploy-actions@ref`')),
  force: bool,
  'dry-run': bool,
}

export type InitValues = Values<typeof initInputs>

/** Rules across the inputs. */
export function initProblems({ environments = [], hosts = [], domain = [], publicKey }: Partial<InitValues>): Problem[] {
  const foreign = (input: string, given: readonly ForEnvironment[]): Problem[] =>
    given.flatMap(({ environment }) =>
      environment === undefined || environments.includes(environment)
        ? []
        : [{ input, rule: `names the environment "${environment}", which is none of ${environments.join(', ')}` }],
    )
  if (environments.length === 0) return []
  const bare = environments.length > 1 && hosts.some(({ environment }) => environment === undefined)
  const shared = environments.length > 1 && publicKey !== undefined
  return [...foreign('hosts', hosts), ...foreign('domain', domain), ...(bare ? [ofWhich(environments)] : []), ...(shared ? [oneKey] : [])]
}

/** The set-up script goes to all hosts, and so would the key in it: whoever has that of staging would be let in at production. */
const oneKey: Problem = {
  input: 'public-key',
  rule: 'is one key for two environments',
  fix: 'Leave it out: init prints a key for each of them, and the command that hands it to its hosts.',
}

/** Two environments on one host would be one app in one folder, and each deploy of staging one of production. */
const ofWhich = (environments: readonly string[]): Problem => ({
  input: 'hosts',
  rule: 'does not say of which environment a host is',
  fix: `Write ${environments.map((name) => `\`${name}=…\``).join(' and ')}. With one host only: \`--environments ${environments.at(-1)}\`.`,
})
