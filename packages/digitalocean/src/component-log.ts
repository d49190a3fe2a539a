import { type Log, messageOf, type Secrets } from '@deploy-actions/kit'
import type { Apps, LogType } from './apps.ts'
import type { FailingStep } from './failing-steps.ts'
import type { Fetch } from './transport.ts'

export interface LogPorts {
  readonly apps: Apps
  readonly fetch: Fetch
  readonly log: Log
  readonly secrets: Pick<Secrets, 'add'>
}

const TAIL = 50

/**
 * Shows the last lines that a failing component wrote. It has to be asked for at once: when a deployment is over, the logs of its containers are gone
 * (status 400, "cannot get running logs … in phase final_cleanup"). Whatever goes wrong here is told and changes nothing.
 */
export async function showLog({ component, stage }: FailingStep, app: string, deployment: string, ports: LogPorts): Promise<void> {
  if (component === undefined) return
  const types: LogType[] = stage === 'build' ? ['BUILD'] : ['DEPLOY', 'RUN']
  let shown = false
  for (const type of types) {
    const lines = await linesOf(type, component, { app, deployment }, ports)
    if (lines.length === 0) continue
    shown = true
    ports.log.info(`The last lines of ${component} (${type.toLowerCase()}):`)
    ports.log.raw(lines.slice(-TAIL))
  }
  if (!shown) ports.log.info(`The platform has no log of ${component} any more`)
}

async function linesOf(type: LogType, component: string, at: { app: string; deployment: string }, ports: LogPorts): Promise<string[]> {
  try {
    const urls = await ports.apps.logUrls(at.app, at.deployment, component, type)
    for (const url of urls) ports.secrets.add(url) // signed: whoever has it reads the log
    const texts = await Promise.all(urls.map((url) => textAt(url, ports.fetch)))
    return texts
      .join('\n')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
  } catch (error) {
    ports.log.info(`The log of ${component} could not be read: ${messageOf(error)}`)
    return []
  }
}

/** Without our token: the address is signed, and may belong to another service. */
async function textAt(url: string, fetch: Fetch): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) })
  if (!response.ok) throw new Error(`its address answers with status ${response.status}`)
  return response.text()
}
