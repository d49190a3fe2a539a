import {
  type Apps,
  type App,
  applySpec,
  type Deployment,
  deploymentFailure,
  type EnvChanges,
  type EnvEdit,
  envChanges,
  type FailingStep,
  type Fetch,
  Fingerprints,
  followDeployment,
  type JsonObject,
  makeWay,
  requireApp,
  setEnvs,
  showLog,
  textOf,
} from '@deploy-actions/digitalocean'
import { type Clock, UserError } from '@deploy-actions/kit'
import { judgeValues } from './contract.ts'
import type { SyncEnvInputs } from './inputs.ts'
import { gather, readText, type SourcePorts } from './sources.ts'
import type { SyncResult } from './sync.ts'
import { parseTemplate } from './template.ts'

export interface AppPorts extends SourcePorts {
  readonly apps: Apps
  /** For logs, whose addresses are signed. */
  readonly fetch: Fetch
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Writes variables of an app, or of one component, by one change of its spec, and follows the deployment that it makes. Where every value is right
 * already nothing is sent, and nothing is deployed.
 */
export async function syncApp(inputs: SyncEnvInputs, ports: AppPorts): Promise<SyncResult> {
  const { apps, log } = ports
  const values = await log.group('Values', () => judged(inputs, ports))
  const about = { place: inputs.component, values, general: inputs.general, scope: inputs.scope, prune: inputs.prune }
  const edit = editOf(about, inputs)
  const found = await log.group('App', () => requireApp(apps, inputs))
  const app = inputs.appId === undefined ? await apps.get(found.id) : found
  const changes = envChanges(app.spec, edit(app.spec), about)
  const name = textOf(app.spec.name)
  log.info(inWords(name, inputs.component, changes))
  const result = (status: SyncResult['status']): SyncResult => ({
    ...{ status, path: inputs.component === undefined ? 'the variables' : `the variables of ${inputs.component}` },
    hosts: [{ host: `app ${name}`, changes: { ...changes, file: [], stale: new Map() } }],
  })
  if (changes.added.length + changes.changed.length + changes.removed.length === 0) return result('unchanged')
  if (inputs.dryRun) return result('planned')
  await log.group('Write', () => write(app, edit, inputs, ports))
  return result('written')
}

/** Everything that can be known before the API is asked. */
async function judged(inputs: SyncEnvInputs, ports: AppPorts): Promise<Map<string, string>> {
  const values = await gather(inputs, ports)
  const template = inputs.template === undefined ? undefined : parseTemplate(await readText(ports.workspace, inputs.template), inputs.template)
  judgeValues({ ...inputs, values, template, env: ports.env })
  const wrong = [...values].filter(([name, value]) => !/^[A-Za-z_]\w*$/.test(name) || value.includes('\0')).map(([name]) => name)
  if (wrong.length > 0)
    throw new UserError('DA-ENV-UNREPRESENTABLE', `App Platform cannot hold ${wrong.join(', ')}: a name has letters, digits and _, a value no NUL`)
  return values
}

/** Only these variables change; a secret that is the same as last time stays the cipher that it is, unless `resend` says otherwise. */
function editOf(about: EnvEdit, { digitaloceanToken, resend }: SyncEnvInputs): (live: JsonObject) => JsonObject {
  const prints = new Fingerprints(digitaloceanToken as string)
  return (live) => {
    const spec = structuredClone(live)
    setEnvs(spec, about)
    prints.settle(spec, live, { resend })
    return spec
  }
}

async function write(app: App, edit: (live: JsonObject) => JsonObject, inputs: SyncEnvInputs, ports: AppPorts): Promise<void> {
  const { clock, log } = ports
  const deadline = clock.now() + inputs.timeout
  const interval = inputs.pollInterval
  // A rollback that nobody decided stays somebody's decision; what is going on is waited for, because it may be a deploy.
  await makeWay(app, { ...ports, interval, deadline, whenBusy: 'wait', whenPinned: 'fail' })
  const { deployment } = await applySpec({ app: app.id, edit, moveSources: false }, ports)
  if (deployment === undefined) return
  log.info(`Deployment ${deployment.id} brings them to the containers`)
  const failing: FailingStep[] = []
  const onFailure = async (step: FailingStep) => {
    failing.push(step)
    await showLog(step, app.id, deployment.id, ports)
  }
  judge(await followDeployment({ ...ports, app: app.id, deployment, interval, deadline, onFailure }), failing, ports)
}

function judge(ended: Deployment, failing: readonly FailingStep[], { log }: AppPorts): void {
  if (ended.phase === 'ERROR') throw deploymentFailure(ended, failing)
  if (ended.phase !== 'ACTIVE') log.warning(`a newer deployment took over from ${ended.id}; the variables are in the spec and go live with it`)
}

/** By name only. */
function inWords(app: string, component: string | undefined, { added, changed, removed, unchanged }: EnvChanges): string {
  const named = (what: string, names: readonly string[]) => (names.length === 0 ? [] : [`${what} ${names.join(', ')}`])
  const parts = [...named('added', added), ...named('changed', changed), ...named('removed', removed), `${unchanged.length} unchanged`]
  return `${component === undefined ? app : `${component} of ${app}`}: ${parts.join('; ')}`
}

/** For the heading of the summary. */
export const appNamed = ({ appName, appId }: Pick<SyncEnvInputs, 'appName' | 'appId'>): { app: string } => ({ app: appName ?? appId ?? '' })
