import { isIPv6 } from 'node:net'
import { appOf, parseHosts } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'
import type { ForEnvironment, InitValues } from './init-inputs.ts'

/** Asks a person in a terminal. An empty answer is `fallback`. */
export type Ask = (question: string, fallback: string) => Promise<string>

/** What is known of the surroundings without asking. */
export interface Surroundings {
  /** `owner/name` of the repository that is set up; undefined without a remote at GitHub. */
  readonly repository: string | undefined
  /** The name of its folder. */
  readonly folder: string
  /** `owner/deploy-actions` of the copy that runs. */
  readonly actions: string | undefined
  /** The public deploy key. */
  readonly publicKey: string | undefined
}

/** One environment of GitHub, with what only it has. */
export interface Environment {
  readonly name: string
  /** Lines as for the input `host`; empty where nobody said them yet. */
  readonly hosts: readonly string[]
  readonly domain: string | undefined
}

/** Everything that is decided before files are made. */
export interface Choices {
  readonly app: string
  /** `owner/deploy-actions` and the ref. */
  readonly actions: { readonly repository: string; readonly ref: string }
  readonly user: string
  readonly branch: string
  readonly test: string | undefined
  /** One, or the one before the gate and the one behind it. */
  readonly environments: readonly Environment[]
  readonly migrateTool: string | undefined
  readonly migrateService: string | undefined
  readonly generate: readonly string[]
  readonly publicKey: string | undefined
  readonly swap: string | undefined
}

/** @throws UserError DA-SETUP-ACTIONS, DA-SETUP-SAME-HOST, DA-HOSTS-INVALID */
export async function choose(values: InitValues, about: Surroundings, ask: Ask | undefined, onHosts: boolean): Promise<Choices> {
  const { app } = appOf({ app: values.app, directory: undefined }, about.repository ?? about.folder)
  const hosts = onHosts ? await hostsOf(values, ask) : []
  const domains = onHosts
    ? await withAnswer(values.domain, ask, 'Name under which visitors come, such as shop.example.com (empty: none yet)')
    : values.domain
  const last = values.environments.at(-1)
  const environments = values.environments.map((name) => ({
    name,
    hosts: checked(linesFor(hosts, name), values.user),
    // A name without an environment is the public one.
    domain:
      domains.find((line) => line.environment === name)?.value ??
      (name === last ? domains.find((line) => line.environment === undefined)?.value : undefined),
  }))
  refuseSharedHost(app, environments)
  return {
    app,
    actions: await actionsOf(values, about, ask),
    user: values.user,
    branch: values.branch,
    test: values.test,
    environments,
    migrateTool: values.migrateTool,
    migrateService: values.migrateService,
    generate: values.generate,
    publicKey: about.publicKey,
    swap: values.swap,
  }
}

async function hostsOf({ hosts, environments }: InitValues, ask: Ask | undefined): Promise<readonly ForEnvironment[]> {
  if (hosts.length > 0) return hosts
  const answers: ForEnvironment[] = []
  for (const environment of environments) {
    const value = (await ask?.(`Address of the host of ${environment} (empty: later)`, '')) ?? ''
    if (value !== '') answers.push({ environment, value })
  }
  return answers
}

async function withAnswer(given: readonly ForEnvironment[], ask: Ask | undefined, question: string): Promise<readonly ForEnvironment[]> {
  if (given.length > 0 || ask === undefined) return given
  const answer = await ask(question, '')
  return answer === '' ? [] : [{ environment: undefined, value: answer }]
}

const linesFor = (given: readonly ForEnvironment[], name: string): string[] => {
  const own = given.filter(({ environment }) => environment === name)
  return (own.length > 0 ? own : given.filter(({ environment }) => environment === undefined)).map(({ value }) => value)
}

/** The folder of an app on a host has the app's name, whichever environment deploys it: there each would replace the other. */
function refuseSharedHost(app: string, environments: readonly Environment[]): void {
  const [first, second] = environments.map(({ hosts }) => hosts.map(addressOf))
  const shared = first?.find((address) => second?.includes(address))
  if (shared === undefined) return
  throw new UserError(
    'DA-SETUP-SAME-HOST',
    `the host ${shared} is given for both environments, and one app has one folder there: /opt/${app}`,
    {
      hint: 'Give each environment hosts of its own. With one host only: `--environments production`.',
    },
  )
}

function checked(hosts: string[], user: string): string[] {
  parseHosts(hosts, { user, port: 22 })
  return hosts
}

async function actionsOf({ actions }: InitValues, about: Surroundings, ask: Ask | undefined): Promise<Choices['actions']> {
  const own = about.actions === undefined ? '' : `${about.actions}@v1`
  const text =
    actions ?? (own === '' && ask !== undefined ? await ask('Where do the actions come from (owner/deploy-actions@ref)?', '') : own)
  const [, repository, ref] = /^([\w.-]+\/[\w.-]+)@([\w./-]+)$/.exec(text) ?? []
  if (repository !== undefined && ref !== undefined) return { repository, ref }
  throw new UserError('DA-SETUP-ACTIONS', 'it is not known which repository the workflows take the actions from', {
    hint: 'Give `--actions <owner>/deploy-actions@v1`. In a clone of that repository it is known by itself.',
  })
}

/** The address part of `[user@]host[:port]`, as it stands in a URL. */
export const addressOf = (line: string): string => inUrl(parseHosts([line], { user: 'any', port: 22 })[0]?.host ?? line)

/** IPv6 has brackets wherever a port may follow. */
export const inUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host)
