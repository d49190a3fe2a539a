import type { Progress, Step } from './app.ts'

/** A step of a deployment that went wrong. */
export interface FailingStep {
  /** Undefined: it belongs to the whole app. */
  readonly component: string | undefined
  /** `build` or `deploy`. */
  readonly stage: string
  /** The platform's own words for why. */
  readonly reason: string
}

/** The innermost steps with the status ERROR. Counts say nothing: a job of the kind FAILED_DEPLOY stays PENDING in every good deployment. */
export function failingSteps(progress: Progress | undefined): FailingStep[] {
  const walk = (step: Step, stage: string, outer: string | undefined): FailingStep[] => {
    const component = step.component_name || outer
    const inside = (step.steps ?? []).flatMap((one) => walk(one, stage, component))
    if (inside.length > 0 || step.status !== 'ERROR') return inside
    return [{ component, stage, reason: [step.reason?.code, step.reason?.message].filter(Boolean).join(': ') }]
  }
  return (progress?.steps ?? []).flatMap((step) => walk(step, step.name ?? '', undefined))
}

/** The components that the platform works on right now. */
export function runningComponents(progress: Progress | undefined): string[] {
  const walk = (step: Step): string[] => [
    ...(step.status === 'RUNNING' && step.component_name ? [step.component_name] : []),
    ...(step.steps ?? []).flatMap(walk),
  ]
  return [...new Set((progress?.steps ?? []).flatMap(walk))]
}

/** Whether a deployment got as far as serving: one that was overtaken while it was built is SUPERSEDED too. */
export function wasLive(progress: Progress | undefined): boolean {
  if (failingSteps(progress).length > 0) return false
  const deploy = progress?.steps?.find(({ name }) => name === 'deploy')
  return deploy === undefined || deploy.status === 'SUCCESS'
}
