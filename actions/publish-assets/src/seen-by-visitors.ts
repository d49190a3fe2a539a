import { type Clock, messageOf, UserError } from '@deploy-actions/kit'
import { someAtOnce } from '@deploy-actions/s3'

export interface Wanted {
  readonly url: string
  /** Its Content-Type. */
  readonly type: string
}

export interface VisitorPorts {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly signal: AbortSignal
}

const TRIES = 4
const PAUSE_MS = 2_000
const PATIENCE_MS = 10_000

/**
 * Asks for each of these as a browser does, a few times, because a CDN needs a moment.
 * @throws UserError DA-ASSETS-UNREACHABLE of the first that does not come as it should
 */
export async function seenByVisitors(files: readonly Wanted[], ports: VisitorPorts): Promise<void> {
  await someAtOnce(files, async (file) => {
    for (let tries = 1; ; tries += 1) {
      const problem = await problemOf(file, ports)
      if (problem === undefined) return
      if (tries === TRIES) throw notSeen(file, problem)
      await ports.clock.sleep(PAUSE_MS, ports.signal)
    }
  })
}

async function problemOf({ url, type }: Wanted, { fetch, signal }: VisitorPorts): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) })
    if (!response.ok) return `status ${response.status}`
    const came = response.headers.get('content-type') ?? 'none'
    const [plain] = type.split(';')
    return came.split(';')[0]?.trim().toLowerCase() === plain ? undefined : `the type ${came} instead of ${type}`
  } catch (error) {
    signal.throwIfAborted()
    return messageOf(error)
  }
}

const notSeen = ({ url }: Wanted, problem: string): UserError =>
  new UserError('DA-ASSETS-UNREACHABLE', `${url} does not come as it should: ${problem}`, {
    hint: 'May everybody read the bucket (`acl: public-read`, or a rule of the bucket), and is `url` the address of `s3-prefix` there? The files are in the bucket; nothing else was done.',
  })
