import type { Workspace } from '@deploy-actions/compose'
import type { GitHubApi } from '@deploy-actions/github'
import type { Log } from '@deploy-actions/kit'
import { endpointOf } from '@deploy-actions/registry'
import { SPECS } from './app-spec.ts'
import { checkDomains, checkRegistry, type Network } from './check-domains.ts'
import { checkGitHub, wantedNames } from './check-github.ts'
import { checkHosts } from './check-hosts.ts'
import { checkCompose, checkWorkflows } from './check-repository.ts'
import type { Contracts } from './contracts.ts'
import type { DoctorHosts } from './doctor-hosts.ts'
import type { DoctorValues } from './doctor-inputs.ts'
import { type Finding, failure, leftOut } from './finding.ts'
import { environmentsIn, givenTexts, linesOf, type Used, usedWorkflows } from './used-workflows.ts'

export interface DoctorPorts {
  readonly workspace: Workspace
  readonly contracts: Contracts
  readonly hosts: DoctorHosts
  /** Names or addresses of the hosts. */
  readonly addresses: readonly string[]
  readonly questions: () => Promise<string>
  readonly repository: string | undefined
  /** `owner/name` of the copy of ours that runs. */
  readonly actions: string | undefined
  /** Undefined without a token. */
  readonly api: GitHubApi | undefined
  readonly network: Network
  readonly log: Log
  readonly now: () => number
  readonly signal?: AbortSignal
}

/** What was looked at, and what was found there. */
export type Report = ReadonlyMap<string, readonly Finding[]>

/** Looks at everything that a deploy needs, and changes nothing. */
export async function doctor(values: DoctorValues, ports: DoctorPorts): Promise<Report> {
  const { workspace, contracts, network } = ports
  const used = await usedWorkflows(workspace, ports.actions)
  const wanted = await wantedNames(used, contracts)
  const onApp = (await Promise.all(SPECS.map((path) => workspace.stat(path)))).some((found) => found !== undefined)
  const onCompose = values.composeFile.length > 0 || !onApp
  const [workflows, compose, github, hosts, registry, domains] = await Promise.all([
    checkWorkflows(used, contracts, workspace),
    onCompose ? checkCompose(workspace, values.composeFile, used) : [],
    checkGitHub({ ...ports, wanted, environments: values.environments.length > 0 ? values.environments : environmentsIn(used.uses) }),
    hostFindings(ports),
    checkRegistry(values.registry, endpointOf(values.registry, []), network),
    checkDomains(values.domains.length > 0 ? values.domains : domainsIn(used), ports.addresses, network, ports.now()),
  ])
  return new Map([['repository', [...workflows, ...compose]], ['GitHub', github], ...hosts, ['registry', [registry]], ['domains', domains]])
}

async function hostFindings({ hosts, questions, log, signal }: DoctorPorts): Promise<[string, Finding[]][]> {
  if ('wrong' in hosts) return [['hosts', [failure(hosts.wrong)]]]
  if ('why' in hosts) return [['hosts', [leftOut('hosts', hosts.why)]]]
  const found = await checkHosts({ ...hosts, questions: await questions(), log, ...(signal && { signal }) })
  return [...found].map(([name, findings]) => [`host ${name}`, findings])
}

const NAME = /^((?:[a-z0-9-]+\.)+[a-z0-9-]+)(?:\/\S*)?\s*->/i

/** Names in the routes that stand in workflows; those of a variable are not known here. */
const domainsIn = ({ uses }: Used): string[] => [
  ...new Set(
    givenTexts(uses, 'routes')
      .flatMap(linesOf)
      .flatMap((line) => NAME.exec(line)?.[1]?.toLowerCase() ?? []),
  ),
]
