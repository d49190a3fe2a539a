import { openHosts, readFacts } from '@deploy-actions/agent'
import type { Place } from '@deploy-actions/hosts'
import { type Log, prefixed } from '@deploy-actions/kit'
import { type Finding, failure, ok } from './finding.ts'
import { judgeHost, readAnswers } from './judge-host.ts'

export interface HostsRequest {
  readonly places: readonly Place[]
  /** The app's folder there. */
  readonly directory: string
  /** The text of host-questions.sh. */
  readonly questions: string
  /** Where the way there is told. */
  readonly log: Log
  readonly signal?: AbortSignal
}

/** Looks at each host by itself: one that cannot be reached hides nothing of the others. */
export async function checkHosts(request: HostsRequest): Promise<Map<string, Finding[]>> {
  const found = await Promise.all(request.places.map(async (place) => [place.name, await checkHost(place, request)] as const))
  return new Map(found)
}

async function checkHost(place: Place, { directory, questions, log, signal }: HostsRequest): Promise<Finding[]> {
  const options = {
    mode: 'plan' as const,
    directory,
    lockTimeoutMs: 0,
    who: 'doctor',
    log: prefixed(log, place.name),
    ...(signal && { signal }),
  }
  try {
    const [host] = await openHosts([place], options)
    if (host === undefined) throw new Error('no host was opened')
    try {
      const facts = readFacts(place.name, await host.agent.block('facts'))
      const { stdout } = await host.remote.run('/bin/sh', { stdin: questions, ...(signal && { signal }) })
      await host.agent.quit()
      return [ok(`logged in as ${facts.user}; it proved its key`), ...judgeHost(facts, readAnswers(stdout))]
    } finally {
      await host.remote.close()
    }
  } catch (error) {
    return [failure(error)]
  }
}
