import { type Clock, messageOf, UserError } from '@deploy-actions/kit'
import { someAtOnce } from '@deploy-actions/s3'
import { isSameType } from './content-type.ts'

export interface Wanted {
  readonly url: string
  /** Its Content-Type. */
  readonly type: string
  readonly size: number
  /** By this run; what was there has the headers that somebody gave it. */
  readonly sent: boolean
}

export interface VisitorPorts {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly signal: AbortSignal
}

const TRIES = 6
const PAUSE_MS = 5_000
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

async function problemOf({ url, type, size, sent }: Wanted, { fetch, signal }: VisitorPorts): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) })
    if (!response.ok) return `status ${response.status}`
    const came = response.headers.get('content-type') ?? 'none'
    // A page for everything that is not there has a type of its own, whoever sent the file.
    if (!isSameType(came, type) && (sent || isSameType(came, 'text/html'))) return `the type ${came} instead of ${type}`
    const length = response.headers.get('content-length')
    const isWhole = length === null || response.headers.has('content-encoding') || Number(length) === size
    return isWhole ? undefined : `${length} bytes instead of ${size}`
  } catch (error) {
    signal.throwIfAborted()
    return messageOf(error)
  }
}

const notSeen = ({ url, sent }: Wanted, problem: string): UserError =>
  new UserError('DA-ASSETS-UNREACHABLE', `${url} does not come as it should: ${problem}`, {
    hint: 'May everybody read the bucket (`acl: public-read`, or a rule of the bucket), and is `url` the address of `s3-prefix` there? The files are in the bucket; nothing else was done.'.concat(
      sent ? '' : ' This one was there before, and keeps the right and the headers that it has: `overwrite: true` sends it anew.',
    ),
  })
