import { allFirewalls, type Firewall, letsEverybodyIn, Transport } from '@deploy-actions/digitalocean'
import { hostedDroplets } from '@deploy-actions/hosts'
import type { Run, Verdict } from '@deploy-actions/kit'
import { madeBy } from './firewall-name.ts'
import { type AllowInputs, accessOf } from './inputs.ts'
import { removeLeftovers } from './leftovers.ts'
import { makeWay } from './make-way.ts'
import { byPort, type Door, namesOf, needOf } from './need.ts'
import { requireFamily, runnerAddress } from './runner-address.ts'

export interface AllowPorts extends Pick<Run, 'log' | 'outputs' | 'summary' | 'runner' | 'clock' | 'signal' | 'env'> {
  readonly fetch: typeof globalThis.fetch
  /** The addresses of a host name. */
  readonly resolve: (name: string) => Promise<readonly string[]>
  /** Some hex digits. */
  readonly mark: () => string
  /** The name of this computer. */
  readonly machine: string
}

/** Lets this runner in, unless it is already, and waits until that is in force. */
export async function allowSsh(given: AllowInputs, ports: AllowPorts): Promise<Verdict> {
  const { log, outputs, summary } = ports
  const transport = new Transport({ ...ports, ...accessOf(given) })
  const address = given.address ?? (await runnerAddress(given.addressUrl, ports))
  outputs.set('address', address)
  const doors = await hostedDroplets(given.host, given.port, { ...ports, transport })
  requireFamily(address, doors)
  const all = await allFirewalls(transport)
  if (!given.dryRun) await removeLeftovers(all, transport, ports)
  const { closed, openToAll } = needOf({ doors, address }, all.filter(stays))
  for (const one of openToAll) log.notice(openToEverybody(one, doors))
  const told = byPort(closed.length === 0 ? doors : closed).map(([port, droplets]) => `SSH (port ${port}) of ${namesOf(droplets)}`)
  const door = told.join(' and ')
  if (closed.length === 0) {
    log.info(`${door} is open to ${address} already: nothing is made`)
  } else if (given.dryRun) {
    log.info(`would open ${door} to ${address} until the end of the job`)
  } else {
    await makeWay({ doors: closed, address }, given, transport, ports)
    summary.text(`🔓 ${door} is open to \`${address}\` until the end of this job.`)
  }
  outputs.set('status', closed.length === 0 ? 'open' : given.dryRun ? 'planned' : 'allowed')
  return 'ok'
}

/** Those that this action makes go with their job, so nobody may count on them. */
const stays = (firewall: Firewall): boolean => madeBy(firewall) === undefined

const openToEverybody = (firewall: Firewall, doors: readonly Door[]): string => {
  const { name, id } = firewall
  const ports = byPort(doors.filter(({ port }) => letsEverybodyIn(firewall, port))).map(([port]) => port)
  return `the firewall ${name} (${id}) lets everybody in at port ${ports.join(' and ')}. Take that rule out ("Networking" → "Firewalls" → ${name}): this action lets in the runner alone, for the length of the job.`
}
