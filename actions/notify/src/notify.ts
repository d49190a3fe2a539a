import type { Run, Verdict } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { eventOf } from './event.ts'
import type { NotifyInputs } from './inputs.ts'
import { jsonMessage, type Message, slackMessage } from './message.ts'
import { type SendPorts, send } from './send.ts'

export type NotifyPorts = Pick<Run, 'log' | 'outputs' | 'secrets' | 'env'> & SendPorts

/** Tells what happened, if somebody wants to know. What cannot be delivered is a warning: the release is what counts. */
export async function notify(given: NotifyInputs, ports: NotifyPorts): Promise<Verdict> {
  const { log, outputs, secrets, clock } = ports
  maskParts(given.url, secrets.add)
  const event = eventOf(given.job, given.steps)
  outputs.set('event', event)
  if (!given.on.includes(event)) {
    log.info(`${event}: nobody wants to be told`)
    outputs.set('status', 'silent')
    return 'ok'
  }
  const message: Message = { ...given, event, run: workflowRun(ports.env), at: clock.now() }
  const problem = await send(given.url, given.format === 'slack' ? slackMessage(message) : jsonMessage(message), ports)
  if (problem === undefined) log.info(`${event}: told`)
  else log.warning(`nobody was told that this job is "${event}": ${problem}`, 'DA-NOTIFY')
  outputs.set('status', problem === undefined ? 'sent' : 'not-sent')
  return 'ok'
}

/** The path and the query of the address are what makes it a secret; in messages of others they stand alone. */
function maskParts(url: string, add: (value: string) => void): void {
  const { pathname, search } = new URL(url)
  for (const part of [...pathname.split('/'), search.slice(1)]) if (part.length >= 16) add(part)
}
