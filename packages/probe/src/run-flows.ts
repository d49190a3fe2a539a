import type { Check, Flow } from './check.ts'
import type { CheckResult } from './check-result.ts'
import { cookieJar } from './cookie-jar.ts'
import { type CheckPorts, runCheck, type Visitor } from './run-check.ts'

export interface FlowPorts extends CheckPorts {
  /** What `${name}` stands for at the beginning; captures are added for whatever comes later. */
  readonly variables: Map<string, unknown>
  /** Told as soon as each check has ended. */
  readonly done: (result: CheckResult) => void
}

/** Makes all checks in order, one after the other: what one leaves behind the next may find. */
export async function runFlows(flows: readonly Flow[], ports: FlowPorts): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const flow of flows) {
    for (const result of await runFlow(flow, ports)) results.push(result)
  }
  return results
}

async function runFlow({ name, steps }: Flow, ports: FlowPorts): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  const visitor: Visitor = { cookies: cookieJar(), variables: ports.variables }
  let broken: string | undefined
  for (const step of steps) {
    for (const node of nodesFor(step, ports)) {
      const result = broken === undefined ? await runCheck(step, { ...visitor, node }, ports) : notRun(step, broken)
      const told = { flow: name, ...result }
      results.push(told)
      ports.done(told)
      if (name !== '' && (result.state === 'failed' || result.state === 'not-run') && step.severity === 'critical') broken ??= step.name
    }
  }
  return results
}

/** Every address of the host, or whichever the name leads to. */
function nodesFor(step: Check, { target }: FlowPorts): readonly (string | undefined)[] {
  const all = target.addresses.get(target.base.hostname) ?? []
  return step.everyNode && all.length > 0 ? all : [undefined]
}

function notRun({ name, severity, place }: Check, after: string): Omit<CheckResult, 'flow'> {
  return { name, severity, place, state: 'not-run', attempts: 0, failedAttempts: [], why: `"${after}" failed`, ms: 0, exchanges: [] }
}
