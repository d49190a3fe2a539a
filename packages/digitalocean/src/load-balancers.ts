import { UserError } from '@deploy-actions/kit'
import { everyPage } from './every-page.ts'
import { badResponse } from './failures.ts'
import { isObject, type JsonObject, objectsIn, textOf } from './json-value.ts'
import type { Transport } from './transport.ts'

export interface LoadBalancer {
  readonly id: string
  readonly name: string
  /** The droplets behind it. */
  readonly dropletIds: readonly number[]
  /** Of a balancer whose members follow a tag; otherwise empty. */
  readonly tag: string
  readonly healthCheck: BalancerHealthCheck
  /** Whether some connections pass it unseen, so that nobody behind it can tell them from its own. */
  readonly passesUnseen: boolean
}

/** How it finds out which of its droplets are well. */
export interface BalancerHealthCheck {
  /** `http`, `https` or `tcp`. */
  readonly protocol: string
  readonly port: number
  readonly path: string
  /** Milliseconds until it has surely noticed that a droplet answers badly. */
  readonly noticesBadMs: number
  /** Milliseconds until it has surely noticed that one answers well again. */
  readonly noticesGoodMs: number
}

/**
 * The load balancer of this id or name.
 * @throws UserError DA-DO-BALANCER where there is none, or several have the name
 */
export async function findLoadBalancer(transport: Transport, idOrName: string): Promise<LoadBalancer> {
  const all = (await everyPage(transport, '/v2/load_balancers', 'load_balancers')).map(balancerIn)
  const found = all.filter(({ id, name }) => id === idOrName.toLowerCase() || name === idOrName)
  if (found.length === 1) return found[0] as LoadBalancer
  const hint =
    found.length > 1
      ? `Write the id instead: ${found.map(({ id }) => id).join(', ')}.`
      : `The token sees ${all.map(({ name }) => name).join(', ') || 'none at all: is it of the right team?'}`
  throw new UserError(
    'DA-DO-BALANCER',
    `${found.length === 0 ? 'there is no' : `${found.length} are called like the`} load balancer ${idOrName}`,
    {
      hint,
    },
  )
}

/** The droplets behind it now. */
export async function membersOf(transport: Transport, id: string): Promise<readonly number[]> {
  const call = { method: 'GET', path: `/v2/load_balancers/${id}` } as const
  const answer = await transport.send({ ...call, lastly: true })
  if (!isObject(answer) || !isObject(answer.load_balancer)) throw badResponse(call)
  return balancerIn(answer.load_balancer).dropletIds
}

/**
 * Adds droplets to a balancer, or removes them. The same again changes nothing, so it may be repeated. Without any it only shows whether the token may.
 * @throws ApiRefusal DA-DO-SCOPE, … ; UnknownResult
 */
export async function changeMembers(transport: Transport, id: string, how: 'add' | 'remove', droplets: readonly number[]): Promise<void> {
  const method = how === 'add' ? 'POST' : 'DELETE'
  await transport.send({
    method,
    path: `/v2/load_balancers/${id}/droplets`,
    body: { droplet_ids: [...droplets] },
    harmless: true,
    lastly: true,
  })
}

const balancerIn = ({ id, name, droplet_ids: members, tag, health_check: check, forwarding_rules: rules }: JsonObject): LoadBalancer => ({
  ...{ id: textOf(id), name: textOf(name), tag: textOf(tag) },
  dropletIds: Array.isArray(members) ? members.map(Number) : [],
  healthCheck: healthCheckIn(isObject(check) ? check : {}),
  passesUnseen: objectsIn(rules).some(({ target_protocol: to, tls_passthrough: passed }) => to === 'tcp' || passed === true),
})

/** With the defaults of the API's description. */
function healthCheckIn(check: JsonObject): BalancerHealthCheck {
  const number = (name: string, otherwise: number) => (typeof check[name] === 'number' ? check[name] : otherwise)
  const interval = number('check_interval_seconds', 10)
  return {
    ...{ protocol: textOf(check.protocol) || 'http', port: number('port', 80), path: textOf(check.path) || '/' },
    noticesBadMs: (interval * number('unhealthy_threshold', 5) + number('response_timeout_seconds', 5) + 1) * 1000,
    noticesGoodMs: (interval * number('healthy_threshold', 3) + 1) * 1000,
  }
}
