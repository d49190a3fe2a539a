import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { nodeWorkspace } from '@deploy-actions/compose'
import { octokitApi } from '@deploy-actions/github'
import type { Run, Verdict } from '@deploy-actions/kit'
import { contractsIn } from './contracts.ts'
import { doctor } from './doctor.ts'
import { addressesOf, hostsToLookAt } from './doctor-hosts.ts'
import { type DoctorValues, doctorInputs } from './doctor-inputs.ts'
import { repositoryAt } from './git-remote.ts'
import { nodeNetwork } from './node-network.ts'
import { tellDoctor } from './tell-doctor.ts'

/** `npx . doctor`. @param root our own repository */
export async function runDoctor(world: Run, root: string): Promise<Verdict> {
  const values = world.inputs(doctorInputs)
  const directory = resolve(values.directory)
  const repository = values.githubRepository ?? (await repositoryAt(directory, world.exec))
  const hosts = await hostsToLookAt(values, repository ?? basename(directory), world)
  const report = await doctor(values, {
    workspace: nodeWorkspace(directory),
    contracts: contractsIn(nodeWorkspace(root)),
    hosts,
    addresses: addressesOf(hosts, values),
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

function apiOf({ githubToken }: DoctorValues, { env, clock, signal }: Run) {
  const token = githubToken ?? env.GH_TOKEN
  return token ? octokitApi({ token, url: env.GITHUB_API_URL ?? 'https://api.github.com', clock, signal }) : undefined
}
