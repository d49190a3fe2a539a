import { ApiRefusal, createFirewall, DROPLETS_PER_FIREWALL, deleteFirewall, Transport } from '@deploy-actions/digitalocean'
import type { AllowPorts } from './allow-ssh.ts'
import { nameOf, runNameIn } from './firewall-name.ts'
import { inForce } from './in-force.ts'
import { type AllowInputs, accessOf } from './inputs.ts'
import { byHand, keepMade, NOTHING, takeAway } from './made.ts'
import { byPort, namesOf, type Wanted } from './need.ts'

/** Makes the firewalls for these doors and waits until they are in force; when that goes wrong, it takes them away again. */
export async function makeWay(wanted: Wanted, given: AllowInputs, transport: Transport, ports: AllowPorts): Promise<void> {
  const { log, clock, runner, signal } = ports
  await requireDelete(transport)
  let made = NOTHING
  const keep = (now: typeof made) => {
    made = now
    keepMade(runner, made, accessOf(given))
  }
  try {
    for (const request of requestsOf(wanted, ports)) {
      keep({ ...made, names: [...made.names, request.name] })
      const { id } = await createFirewall(transport, request, (ms) => clock.sleep(ms, signal))
      keep({ ...made, ids: [...made.ids, id] })
      log.info(`${request.name} lets ${wanted.address} in at port ${request.port} of ${namesOf(request.droplets)}`)
    }
    await log.progress('until it is in force', () => inForce(made.ids, given.timeout, transport, ports))
    ports.outputs.set('firewall-id', made.ids.join('\n'))
  } catch (error) {
    // The end of the job would do it too; in a shell there is none. What was refused was not made, and needs no looking for.
    if (error instanceof ApiRefusal) keep({ ...made, names: made.names.slice(0, made.ids.length) })
    const evenIfCancelled = new Transport({ ...accessOf(given), fetch: ports.fetch, clock })
    if (await takeAway(made, { transport: evenIfCancelled, log, clock })) keep(NOTHING)
    throw error
  }
  if (runner.kind === 'shell') log.notice(`here nothing comes after this step. ${byHand(made.ids)}`)
}

/** One for each port: a port of one droplet is none of another one's. A firewall takes ten droplets. */
function requestsOf({ doors, address }: Wanted, { env, mark, machine }: AllowPorts) {
  const own = mark()
  const parts = byPort(doors).flatMap(([port, droplets]) =>
    Array.from({ length: Math.ceil(droplets.length / DROPLETS_PER_FIREWALL) }, (_, part) => ({
      ...{ port, address },
      droplets: droplets.slice(part * DROPLETS_PER_FIREWALL, (part + 1) * DROPLETS_PER_FIREWALL),
    })),
  )
  return parts.map((request, part) => ({
    ...request,
    ...{ name: nameOf(runNameIn(env, machine), own, part), dropletIds: request.droplets.map(({ id }) => id) },
  }))
}

/**
 * Deletes one that nobody has: a token that may make firewalls and delete none would leave one behind with each job.
 * @throws ApiRefusal DA-DO-SCOPE
 */
async function requireDelete(transport: Transport): Promise<void> {
  try {
    await deleteFirewall(transport, '00000000-0000-4000-8000-000000000000')
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.code === 'DA-DO-SCOPE') throw error
  }
}
