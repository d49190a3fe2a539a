import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { nodeWorkspace } from '@deploy-actions/compose'
import { octokitApi } from '@deploy-actions/github'
import { appOf, type ConnectionValues, connectionProblems, parseHosts, placesOf } from '@deploy-actions/hosts'
import { inputError, type Problem, type Run, type Verdict } from '@deploy-actions/kit'
import { contractsIn } from './contracts.ts'
import { type DoctorPorts, doctor } from './doctor.ts'
import { type DoctorValues, doctorInputs } from './doctor-inputs.ts'
import { repositoryAt } from './git-remote.ts'
import { givenFile } from './given-file.ts'
import { nodeNetwork } from './node-network.ts'
import { tellDoctor } from './tell-doctor.ts'

/** `npx . doctor`. @param root our own repository */
export async function runDoctor(world: Run, root: string): Promise<Verdict> {
  const values = world.inputs(doctorInputs)
  const directory = resolve(values.directory)
  const repository = values.githubRepository ?? (await repositoryAt(directory, world.exec))
  const report = await doctor(values, {
    workspace: nodeWorkspace(directory),
    contracts: contractsIn(nodeWorkspace(root)),
    hosts: await hostsOf(values, repository ?? basename(directory), world),
    addresses: parseHosts(values.hosts, { user: values.user, port: 22 }).map(({ host }) => host),
    questions: () => readFile(join(root, 'packages/setup/src/host-questions.sh'), 'utf8'),
    repository,
    actions: await repositoryAt(root, world.exec),
    api: apiOf(values, world),
    network: nodeNetwork,
    log: world.log,
    now: Date.now,
    signal: world.signal,
  })
  const status = tellDoctor(report, world.log)
  world.outputs.set('status', status)
  return status === 'failed' ? 'failed' : 'ok'
}

async function hostsOf(values: DoctorValues, repository: string, world: Run): Promise<DoctorPorts['hosts']> {
  if (values.hosts.length === 0) return { why: 'none is named: `--hosts 203.0.113.7`' }
  const { sshKey } = values
  if (sshKey === undefined) return { why: 'there is no key to log in with: set SSH_KEY_FILE to the private deploy key' }
  const connection: ConnectionValues = {
    ...{ host: values.hosts.join('\n'), user: values.user, port: 22, sudo: values.sudo, sshKey, sshKeyPassphrase: values.sshKeyPassphrase },
    knownHosts: values.knownHosts === undefined ? undefined : await givenFile('known-hosts', values.knownHosts),
    ...{
      hostFingerprint: values.hostFingerprint,
      jumpHost: values.jumpHost,
      jumpKey: undefined,
      jumpKeyPassphrase: undefined,
      app: values.app,
      directory: undefined,
    },
  }
  const problems: Problem[] = connectionProblems(connection, repository)
  if (problems.length > 0) return { wrong: inputError(problems) }
  return { places: await placesOf(connection, world), directory: appOf(connection, repository).directory }
}

function apiOf({ githubToken }: DoctorValues, { env, clock, signal }: Run) {
  const token = githubToken ?? env.GH_TOKEN
  return token ? octokitApi({ token, url: env.GITHUB_API_URL ?? 'https://api.github.com', clock, signal }) : undefined
}
