import { closeAll, onEach, openHosts } from '@deploy-actions/agent'
import type { Place } from '@deploy-actions/hosts'
import type { Log } from '@deploy-actions/kit'
import type { BuildRecord } from '@deploy-actions/release'
import type { Doubt } from './doubt.ts'
import { otherDigests } from './origin.ts'
import type { Running } from './records.ts'

export interface HostsRequest {
  /** None where nobody is to be asked. */
  readonly hosts: readonly Place[]
  readonly directory: string
  readonly who: string
}

/** Whether the hosts themselves run what the record says. They are looked at without a lock, and nothing is left there. */
export async function judgeHosts(
  { payload, environment }: Running,
  build: BuildRecord,
  { hosts: places, directory, who }: HostsRequest,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<Doubt[]> {
  if (places.length === 0) return []
  const hosts = await openHosts(places, { mode: 'plan', directory, lockTimeoutMs: 0, who, log, signal })
  try {
    const wrong = await onEach(hosts, async ({ name, release, agent }) => {
      const record = release === payload.release ? (await agent.block('record')).join('\n') : ''
      await agent.quit()
      if (release !== payload.release) return [`${name} runs ${release === '' ? 'nothing of ours' : release}`]
      return otherDigests(imagesIn(record), build).map((one) => `on ${name} ${one}`)
    })
    if (wrong.flat().length === 0) return []
    return [
      {
        code: 'DA-PROMOTE-NOT-RUNNING',
        message: `the record of ${environment} says ${payload.release}, and ${wrong.flat().join('; ')}`,
        hint: 'Somebody changed it by hand, or the record is not true. Deploy there again by the workflow.',
        forcible: false,
      },
    ]
  } finally {
    await closeAll(hosts)
  }
}

function imagesIn(record: string): Record<string, string> {
  const images = (JSON.parse(record) as { images?: Record<string, string> }).images ?? {}
  return Object.fromEntries(Object.entries(images).filter(([, image]) => image.includes('@sha256:')))
}
