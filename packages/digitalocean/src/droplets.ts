import { everyPage } from './every-page.ts'
import { isObject, type JsonObject, objectsIn, textOf } from './json-value.ts'
import type { Transport } from './transport.ts'

export interface Droplet {
  readonly id: number
  readonly name: string
  /** `new`, `active`, `off` or `archive`. */
  readonly status: string
  readonly tags: readonly string[]
  /** Its addresses in each network, IPv4 first. */
  readonly addresses: Readonly<Record<'public' | 'private', readonly string[]>>
}

/** The droplets with a tag, by their names; those with one name by their age. */
export async function dropletsTagged(transport: Transport, tag: string): Promise<Droplet[]> {
  return sorted(await everyPage(transport, `/v2/droplets?tag_name=${encodeURIComponent(tag)}`, 'droplets'))
}

/** Every droplet that the token sees, in the same order. */
export async function allDroplets(transport: Transport): Promise<Droplet[]> {
  return sorted(await everyPage(transport, '/v2/droplets', 'droplets'))
}

function sorted(shown: readonly JsonObject[]): Droplet[] {
  return shown.map(dropletIn).toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || a.id - b.id)
}

function dropletIn({ id, name, status, tags, networks }: JsonObject): Droplet {
  const all = isObject(networks) ? [...objectsIn(networks.v4), ...objectsIn(networks.v6)] : []
  const of = (type: string) => all.filter((one) => one.type === type).map((one) => textOf(one.ip_address))
  return {
    ...{ id: Number(id), name: textOf(name), status: textOf(status), tags: Array.isArray(tags) ? tags.map(textOf) : [] },
    addresses: { public: of('public').filter(Boolean), private: of('private').filter(Boolean) },
  }
}
