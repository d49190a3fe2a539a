import { type OpenHost, openHosts } from '@deploy-actions/agent'
import { openStore } from '@deploy-actions/backups'
import type { Place } from '@deploy-actions/hosts'
import type { Exec } from '@deploy-actions/kit'
import { type MigrateRequest, type MigrateResult, migrate, type ToolOptions, tools } from '@deploy-actions/migrations'
import { type DeployPorts, type DeployRequest, planJob, readSource, refuse } from '@deploy-actions/plan'
import { deployInputsOf } from './deploy-inputs.ts'
import { hostPorts } from './host-ports.ts'
import type { RunMigrationsInputs } from './inputs.ts'
import { runnerBench } from './runner-bench.ts'
import { tellWhere } from './tell-where.ts'
import { verifyScript } from './verify-script.ts'

export interface RunMigrationsRequest extends Omit<DeployRequest, 'inputs'> {
  readonly inputs: RunMigrationsInputs
}

/** All that migrations use of the world. */
export interface RunMigrationsPorts extends Omit<DeployPorts, 'hosts'> {
  /** None with `run-on: runner`. */
  readonly hosts: readonly Place[]
  readonly exec: Exec
  readonly env: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof globalThis.fetch
  /** A name that no other run has. */
  readonly newName: () => string
  /** Id of a backup that was made a moment ago, under the same lock: no other one is made. */
  readonly backedUp?: string | undefined
}

/** Migrates on the host or on the runner. */
export function runMigrations(request: RunMigrationsRequest, ports: RunMigrationsPorts): Promise<MigrateResult> {
  return request.inputs.runOn === 'runner' ? onRunner(request, ports) : onHost(request, ports)
}

function onRunner({ inputs }: RunMigrationsRequest, ports: RunMigrationsPorts): Promise<MigrateResult> {
  const bench = runnerBench(inputs.workingDirectory, ports)
  const nothing = async () => undefined
  return migrate(migrateRequest(inputs, ports), { ...ports, bench, allow: nothing, backup: async () => '', record: nothing })
}

/** The first host's lock is held from before the status is asked until after the last step. */
async function onHost(request: RunMigrationsRequest, ports: RunMigrationsPorts): Promise<MigrateResult> {
  const { inputs, directory, run } = request
  const deploy = { ...request, inputs: deployInputsOf(inputs) }
  const source = await readSource({ ...deploy.inputs, app: request.app, values: request.values, workspace: ports.workspace })
  refuse(source.refusals)
  const session = {
    mode: 'candidate' as const,
    directory,
    lockTimeoutMs: inputs.lockTimeout,
    who: run.who,
    log: ports.log,
    signal: ports.signal,
  }
  const [host] = (await openHosts(ports.hosts.slice(0, 1), {
    ...session,
    meanwhile: ({ agent, folder }) => agent.upload(source.entries, folder),
  })) as [OpenHost]
  try {
    const job = await planJob(deploy, source, host, inputs, ports)
    tellWhere({ ...job, tool: inputs.tool, hosts: ports.hosts }, ports.log)
    await host.agent.upload([...job.entries, ...job.stored], `${directory}/releases/${job.id}.tmp`)
    const store = openStore(inputs, request.app, ports)
    const side = await hostPorts({ inputs, job, host, run, directory }, { ...ports, store })
    const result = await migrate(migrateRequest(inputs, ports), { ...ports, ...side })
    if (result.failure?.code !== 'DA-CANCELLED') await host.agent.quit()
    return result
  } finally {
    await host.remote.close()
  }
}

function migrateRequest(inputs: RunMigrationsInputs, ports: RunMigrationsPorts): MigrateRequest {
  const options: ToolOptions = {
    ...inputs,
    urlVariable: inputs.databaseUrlEnv,
    lockTimeoutMs: inputs.databaseLockTimeout,
    statementTimeoutMs: inputs.statementTimeout,
    applicationName: `deploy-actions-${ports.newName()}`,
    commands: {
      status: inputs.statusCommand,
      plan: inputs.planCommand,
      apply: inputs.applyCommand,
      down: inputs.downCommand,
      verify: inputs.verifyCommand,
    },
  }
  return {
    ...inputs,
    tool: tools[inputs.tool],
    options,
    verify: inputs.verifyCommand === undefined ? undefined : verifyScript(inputs.verifyCommand),
    timeoutMs: inputs.timeout,
  }
}
