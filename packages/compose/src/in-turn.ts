import { isLoopback } from './caddy-global.ts'
import { type ComposeModel, serviceOf } from './compose-model.ts'
import type { Door } from './edge-plan.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { HealthCheck, ReleaseRequest } from './release-request.ts'
import { ownPorts } from './service-ports.ts'
import { needs } from './start-order.ts'
import { isStateful } from './stateful.ts'
import type { Strategies } from './strategies.ts'

/**
 * Services that this release makes anew and that requests may need: while they are away nobody should be sent to their host. None in a first release, because
 * there is no edge yet that could tell the balancer.
 */
export function servicesInTurn(
  model: ComposeModel,
  { byService }: Strategies,
  request: Pick<ReleaseRequest, 'current' | 'strategy'>,
): string[] {
  if (request.current === undefined) return []
  const needed = new Set<string>()
  const add = (name: string): void => {
    if (needed.has(name)) return
    needed.add(name)
    needs(model, name).forEach(add)
  }
  for (const [name, { kind }] of byService) if (kind === 'switch') add(name)
  const mayBeAsked = (name: string) => {
    const service = serviceOf(model, name)
    return needed.has(name) || ownPorts(service).length > 0 || isStateful(name, service, request.strategy)
  }
  return [...byService].flatMap(([name, { kind }]) => (kind === 'recreate' && mayBeAsked(name) ? [name] : []))
}

/** A health check that this edge never sees would not hear that a host is taken out. */
export function balancerRefusals(check: HealthCheck | undefined, doors: readonly Door[]): Refusal[] {
  const open = doors.flatMap(({ published, hostIp }) => (published === undefined || isLoopback(hostIp) ? [] : [published]))
  if (check === undefined || open.includes(String(check.port))) return []
  const ports = open.length === 0 ? 'no port' : `port ${open.join(', ')}`
  return [
    refusal(
      'DA-BALANCER-HEALTH',
      `the balancer of \`take-out-of\` asks port ${check.port} of a host whether it is well, and the edge answers visitors there at ${ports}`,
      `Let the balancer's health check ask a port of the edge, or add one: \`:${check.port} -> …\` in \`routes\`.`,
    ),
  ]
}
