import {
  type App,
  type Apps,
  applySpec,
  type Deployment,
  deploymentFailure,
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
import { type Clock, type Log, type Run, UserError } from '@deploy-actions/kit'
import type { Changes } from './changes.ts'
import type { SyncEnvInputs } from './inputs.ts'
import { changeLine, isChange, type SyncResult, type Target } from './target.ts'

export interface AppPorts {
  readonly apps: Apps
  /** For logs, whose addresses are signed. */
  readonly fetch: Fetch
  readonly clock: Clock
  readonly secrets: Run['secrets']
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Variables of an app, or of one component, by one change of its spec; the deployment that it makes is followed. Where every value is right already
 * nothing is sent, and nothing is deployed.
 */
export function appPlatform(inputs: SyncEnvInputs, ports: AppPorts): Target {
  const app = inputs.appName ?? inputs.appId ?? ''
  const name = inputs.component === undefined ? `app ${app}` : `${inputs.component} of app ${app}`
  return { name, judge, sync: (values) => syncApp(name, values, inputs, ports) }
}

function judge(values: ReadonlyMap<string, string>): void {
  const wrong = [...values].filter(([name, value]) => !/^[A-Za-z_]\w*$/.test(name) || value.includes('\0')).map(([name]) => name)
  if (wrong.length === 0) return
  const rule = 'a name has letters, digits and _, a value no NUL'
  throw new UserError('DA-ENV-UNREPRESENTABLE', `App Platform cannot hold ${wrong.join(', ')}: ${rule}`)
}

async function syncApp(name: string, values: ReadonlyMap<string, string>, inputs: SyncEnvInputs, ports: AppPorts): Promise<SyncResult> {
  const { apps, log } = ports
  const about = { place: inputs.component, values, general: inputs.general, scope: inputs.scope, prune: inputs.prune }
  const edit = editOf(about, inputs)
  const found = await log.group('App', () => requireApp(apps, inputs))
  const app = inputs.appId === undefined ? await apps.get(found.id) : found
  const changes: Changes = { ...envChanges(app.spec, edit(app.spec), about), file: [], stale: new Map() }
  log.info(`${name}: ${changeLine(changes)}`)
  const result = (status: SyncResult['status']): SyncResult => ({
    status,
    name,
    places: [{ name: `app ${textOf(app.spec.name)}`, changes }],
  })
  if (!isChange(changes)) return result('unchanged')
  if (inputs.dryRun) return result('planned')
  await log.group('Write', () => write(app, edit, inputs, ports))
  return result('written')
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
  judgeEnd(await followDeployment({ ...ports, app: app.id, deployment, interval, deadline, onFailure }), failing, ports)
}

function judgeEnd(ended: Deployment, failing: readonly FailingStep[], { log }: AppPorts): void {
  if (ended.phase === 'ERROR') throw deploymentFailure(ended, failing)
  if (ended.phase !== 'ACTIVE')
    log.warning(`a newer deployment took over from ${ended.id}; the variables are in the spec and go live with it`)
}
