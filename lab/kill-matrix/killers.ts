import type { Box, SshProxy } from '../lab.ts'
import { directory } from '../scenarios/consumer.ts'
import type { HostShell } from './host-shell.ts'

/** What dies. `silence`: no packet of the connection arrives any more. `agent and helpers`: also the processes that read for it and watch over it. */
export type Killer = 'runner' | 'connection' | 'silence' | 'agent' | 'agent and helpers' | 'dockerd' | 'box'

export const killers: Killer[] = ['runner', 'connection', 'silence', 'agent', 'agent and helpers', 'dockerd', 'box']

export const agentDies = (killer: Killer): boolean => killer === 'agent' || killer === 'agent and helpers' || killer === 'box'

/** Docker ends and starts containers when its daemon comes back: nobody is served meanwhile. */
export const containersDie = (killer: Killer): boolean => killer === 'dockerd' || killer === 'box'

/** The runner lives, and can connect again. */
export const connectionDies = (killer: Killer): boolean => killer === 'connection' || killer === 'silence' || killer === 'box'

export interface Victims {
  box: Box
  host: HostShell
  wire: SshProxy
  /** Ends the step's own process. */
  runner: () => void
}

// The agent and its helpers are one shell script in several processes: the first of them is the agent, the others are its children.
// The brackets keep the pattern from finding the shell that looks for it.
const session = `session ([d]eploy|[c]andidate) ${directory}`

/** @returns the journal as an agent left it that was killed; nothing where the agent lives, or had no journal */
export async function kill(killer: Killer, { box, host, wire, runner }: Victims): Promise<string> {
  if (killer === 'runner') runner()
  else if (killer === 'connection') wire.reset()
  else if (killer === 'silence') wire.forget()
  else if (killer === 'dockerd') await box.killDockerd({ downForMs: 2000 })
  else if (killer === 'box') await box.restart()
  else return host.run(`pkill -KILL ${killer === 'agent' ? '-o ' : ''}-f '${session}'; cat ${directory}/journal`)
  return ''
}
