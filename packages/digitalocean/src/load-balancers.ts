import { UserError } from '@deploy-actions/kit'
import { everyPage } from './every-page.ts'
import { type JsonObject, textOf } from './json-value.ts'
import type { Transport } from './transport.ts'

export interface LoadBalancer {
  readonly id: string
  readonly name: string
  /** The droplets behind it. */
  readonly dropletIds: readonly number[]
  /** Of a balancer whose members follow a tag; otherwise empty. */
  readonly tag: string
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

const balancerIn = ({ id, name, droplet_ids: members, tag }: JsonObject): LoadBalancer => ({
  ...{ id: textOf(id), name: textOf(name), tag: textOf(tag) },
  dropletIds: Array.isArray(members) ? members.map(Number) : [],
})
