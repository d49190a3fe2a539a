import type { Box, SshProxy } from '../lab.ts'
import { directory } from '../scenarios/consumer.ts'

/** What dies. `agent and helpers`: also the processes that read for it and watch over it. */
export type Killer = 'runner' | 'connection' | 'agent' | 'agent and helpers'

export const killers: Killer[] = ['runner', 'connection', 'agent', 'agent and helpers']

export interface Victims {
  box: Box
  wire: SshProxy
  /** Ends the step's own process. */
  runner: () => void
}

// The agent and its helpers are one shell script in several processes: the first of them is the agent, the others are its children.
// The brackets keep the pattern from finding the shell that looks for it.
const session = `session [d]eploy ${directory}`

export async function kill(killer: Killer, { box, wire, runner }: Victims): Promise<void> {
  if (killer === 'runner') runner()
  else if (killer === 'connection') wire.reset()
  else if (killer === 'agent') await box.exec(`pkill -KILL -o -f '${session}'`)
  else await box.exec(`pkill -KILL -f '${session}'`)
}
