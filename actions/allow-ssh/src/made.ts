import { allFirewalls, deleteFirewall, type Transport } from '@deploy-actions/digitalocean'
import { type Clock, type Log, messageOf, type Runner } from '@deploy-actions/kit'
import type { Access } from './inputs.ts'

/** What this job has at DigitalOcean: each is written down before it is asked for, so that one whose answer never came is found by its name. */
export interface Made {
  readonly names: readonly string[]
  /** Of those whose answer came. */
  readonly ids: readonly string[]
}

export const NOTHING: Made = { names: [], ids: [] }

/** What the end of the job needs to delete it. */
export interface Kept extends Made {
  readonly access: Access
}

const STATE = 'made'

/**
 * Keeps it for the end of the job, with the token: in a composite action inside another one the runner evaluates the inputs of `post` in the context of
 * the outer one, where they are empty (actions/runner#2030), and SSH would stay open. The runner has the state in its memory, and gives it to this
 * step's `post` alone; actions/create-github-app-token keeps its token there as well. When there is nothing to delete, no token is kept.
 */
export const keepMade = (runner: Pick<Runner, 'saveState'>, made: Made, access: Access): void =>
  runner.saveState(STATE, made.names.length === 0 ? '' : JSON.stringify({ ...made, access } satisfies Kept))

/** Undefined when there is nothing to delete. */
export function keptMade(runner: Pick<Runner, 'state'>): Kept | undefined {
  const kept = runner.state(STATE)
  return kept === '' ? undefined : (JSON.parse(kept) as Kept)
}

export interface TakePorts {
  readonly transport: Transport
  readonly log: Log
  readonly clock: Clock
}

/** One that was asked for at the last moment may come up a little later. */
const LOOKS = 3
const PAUSE_MS = 3_000

/** Deletes what was made. What cannot be deleted is a warning with the command: the job is what counts. @returns whether all is surely gone */
export async function takeAway({ names, ids }: Made, ports: TakePorts): Promise<boolean> {
  const known = new Set(ids)
  let search: readonly string[] = []
  let problem = ''
  if (ids.length < names.length)
    try {
      for (const id of await findByName(names, ids.length, ports)) known.add(id)
    } catch (error) {
      problem = messageOf(error)
      search = names
    }
  const left = new Set(known)
  for (const id of known)
    try {
      await deleteFirewall(ports.transport, id)
      left.delete(id)
    } catch (error) {
      problem = messageOf(error)
    }
  if (problem !== '') ports.log.warning(`${problem}\n${byHand([...left], search)}`, 'DA-FIREWALL-LEFT')
  else if (known.size < names.length) ports.log.info(`${names.at(-1)} is not there, although nobody said that it was not made`)
  return problem === '' && known.size === names.length
}

async function findByName(names: readonly string[], known: number, { transport, clock }: TakePorts): Promise<string[]> {
  for (let looks = 1; ; looks += 1) {
    const found = (await allFirewalls(transport)).filter(({ name }) => names.includes(name)).map(({ id }) => id)
    if (found.length > known || looks === LOOKS) return found
    await clock.sleep(PAUSE_MS)
  }
}

/** How a person deletes them. @param names of those whose ids nobody knows */
export function byHand(ids: readonly string[], names: readonly string[] = []): string {
  const command = ids.map((id) => `\`doctl compute firewall delete ${id} --force\``)
  const search = names.length === 0 ? [] : [`look under "Networking" → "Firewalls" for ${names.join(', ')}`]
  return `To close SSH to this runner again: ${[...command, ...search].join(', ')}.`
}
