import { type Change, changeHosts, type HostEnd, HostFailures, type OpenHost, prepareAll, takeBack, together } from '@deploy-actions/agent'
import type { DeployResult, HostResult } from './deploy.ts'

/** What became of a change, for the result. */
export interface Applied extends Pick<DeployResult, 'status' | 'failure' | 'candidateSecret'> {
  readonly hosts: readonly { readonly host: OpenHost; readonly status: HostResult['status']; readonly events: HostResult['events'] }[]
}

/** All the way. From the first command on the hosts settle what goes wrong, whatever becomes of us. */
export async function changed(change: Change): Promise<Applied> {
  const { settlement, hosts, ...ended } = await changeHosts(change)
  return { ...ended, status: settlement, hosts: hosts.map(statusOf) }
}

/** As far as the switch: the release waits on all hosts for the step that goes on with it. `by`: the address of this run. */
export async function held(change: Change, by: string | undefined, forMs: number): Promise<Applied> {
  const { hosts, log } = change
  try {
    const [candidateSecret = ''] = await log.group('Prepare', async () => {
      await prepareAll(change)
      return together(hosts, ({ agent }) => agent.hold(by, forMs))
    })
    return { status: 'prepared', candidateSecret, hosts: hosts.map((host) => ({ host, status: 'prepared', events: host.agent.events })) }
  } catch (error) {
    if (!(error instanceof HostFailures)) throw error
    const { settlement, hosts: ends, ...ended } = await takeBack(change, error)
    return { ...ended, status: settlement, hosts: ends.map(statusOf) }
  }
}

const statusOf = ({ settlement, ...end }: HostEnd) => ({ ...end, status: settlement })
