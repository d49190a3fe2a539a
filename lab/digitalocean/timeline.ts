import type { Spec } from './take-spec.ts'
import { componentsIn } from './take-spec.ts'

/** How a deployment goes: how long each phase takes, and where it goes wrong. */
export interface Script {
  /** Seconds. */
  readonly pendingBuild?: number
  readonly building?: number
  readonly pendingDeploy?: number
  readonly deploying?: number
  readonly fails?: Failure
  /** The platform goes back by itself after the failure. */
  readonly autoRollback?: boolean
  /** Stays in this phase for ever. */
  readonly hangs?: string
  /** A phase that nobody has heard of, shown in the place of DEPLOYING. */
  readonly oddPhase?: string
}

export interface Failure {
  /** Default the first one. */
  readonly component?: string
  readonly stage: 'build' | 'deploy'
  readonly code?: string
  readonly message?: string
  /** The step fails this many seconds before the phase becomes ERROR; 6 when left out. */
  readonly secondsBefore?: number
}

export interface Moment {
  readonly phase: string
  /** A step has failed already. */
  readonly failing: boolean
}

/** The phase at a time, in seconds since the beginning. Order of the phases: godo, apps.gen.go; that none is left out is ours. */
export function phaseAt(seconds: number, script: Script): Moment {
  const { fails, hangs } = script
  const parts: [string, number][] = [
    ['PENDING_BUILD', script.pendingBuild ?? 2],
    ['BUILDING', script.building ?? 8],
    ...(fails?.stage === 'build'
      ? []
      : ([
          ['PENDING_DEPLOY', script.pendingDeploy ?? 2],
          [script.oddPhase ?? 'DEPLOYING', script.deploying ?? 20],
        ] as [string, number][])),
  ]
  const last = parts.length - 1
  let begin = 0
  for (const [at, [phase, length]] of parts.entries()) {
    const end = begin + length
    const failing = at === last && fails !== undefined && seconds >= end - (fails.secondsBefore ?? 6)
    if (seconds < end || phase === hangs) return { phase, failing }
    begin = end
  }
  return { phase: fails === undefined ? 'ACTIVE' : 'ERROR', failing: fails !== undefined }
}

interface Step {
  name: string
  status: string
  component_name?: string
  message_base?: string
  reason?: { code: string; message: string }
  started_at?: string
  steps?: Step[]
}

/** The tree of steps (shape: digitalocean/openapi, responses/examples.yml; counts are those of the leaves). */
export function progressOf(moment: Moment, spec: Spec, script: Script): object {
  const stage = stageOf(moment.phase)
  const failing = moment.failing ? script.fails : undefined
  const components = componentsIn(spec)
  const leaf = (name: string, of: string, component?: string, words?: string): Step => ({
    name,
    status: statusOf(of, stage, component, failing, components[0]?.name),
    ...(component !== undefined && { component_name: component }),
    ...(words !== undefined && { message_base: words }),
    ...reasonOf(of, component, failing, components[0]?.name),
  })
  const build: Step[] = [
    leaf('initialize', 'build'),
    { name: 'components', status: '', steps: components.map(({ name }) => leaf(name, 'build', name, 'Building service')) },
  ]
  const deploy: Step[] = [
    leaf('initialize', 'deploy'),
    {
      name: 'components',
      status: '',
      // A job for a failed deployment waits for ever in every good one (terraform-provider-digitalocean#1047).
      steps: components.map(({ name, kind }) =>
        kind === 'FAILED_DEPLOY' ? { name, status: 'PENDING', component_name: name } : leaf(name, 'deploy', name, 'Deploying service'),
      ),
    },
    leaf('finalize', 'deploy'),
  ]
  const steps = [
    { name: 'build', status: '', steps: build },
    { name: 'deploy', status: '', steps: deploy },
  ].map((one) => withStatus(one, stage))
  const leaves = steps.flatMap(leavesOf)
  const count = (status: string) => leaves.filter((one) => one.status === status).length
  return {
    pending_steps: count('PENDING'),
    running_steps: count('RUNNING'),
    success_steps: count('SUCCESS'),
    error_steps: count('ERROR'),
    total_steps: leaves.length,
    steps,
    summary_steps: steps.map(({ name, status }) => ({ name, status })),
  }
}

/** How far the two stages are: 0 to come, 1 going on, 2 done. */
const stageOf = (phase: string): Record<string, number> => {
  if (phase === 'PENDING_BUILD') return { build: 0, deploy: 0 }
  if (phase === 'BUILDING') return { build: 1, deploy: 0 }
  if (phase === 'PENDING_DEPLOY') return { build: 2, deploy: 0 }
  if (phase === 'ACTIVE' || phase === 'SUPERSEDED') return { build: 2, deploy: 2 }
  return { build: 2, deploy: 1 }
}

function statusOf(
  of: string,
  stage: Record<string, number>,
  component: string | undefined,
  failing: Failure | undefined,
  first = '',
): string {
  if (failing !== undefined && failing.stage === of && component === (failing.component ?? first)) return 'ERROR'
  if (failing?.stage === 'build' && of === 'deploy') return 'PENDING'
  return ['PENDING', 'RUNNING', 'SUCCESS'][stage[of] ?? 0] as string
}

function reasonOf(of: string, component: string | undefined, failing: Failure | undefined, first = ''): Pick<Step, 'reason'> {
  if (failing === undefined || failing.stage !== of || component !== (failing.component ?? first)) return {}
  const code = failing.code ?? (of === 'build' ? 'BuildJobExitNonZero' : 'DeployContainerHealthChecksFailed')
  return { reason: { code, message: failing.message ?? 'Readiness probe failed' } }
}

function withStatus(step: Step, stage: Record<string, number>): Step {
  if (step.steps === undefined) return { started_at: '0001-01-01T00:00:00Z', ...step }
  const steps = step.steps.map((one) => withStatus(one, stage))
  const has = (status: string) => steps.some((one) => one.status === status)
  const inner = steps.filter((one) => one.status !== 'PENDING')
  const status = has('ERROR') ? 'ERROR' : has('RUNNING') ? 'RUNNING' : inner.length === 0 ? 'PENDING' : 'SUCCESS'
  return { ...step, status, steps, started_at: '0001-01-01T00:00:00Z' }
}

const leavesOf = (step: Step): Step[] => (step.steps === undefined ? [step] : step.steps.flatMap(leavesOf))
