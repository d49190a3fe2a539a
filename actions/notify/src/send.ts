import type { Clock } from '@deploy-actions/kit'

export interface SendPorts {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long one answer is waited for. */
  readonly patienceMs: number
}

const TRIES = 3
/** Nobody waits for a chat longer than that, whatever it asks for. */
const LONGEST_PAUSE_MS = 10_000

/** Posts a message. Resolves with what went wrong, in words without the address, or undefined when it was taken. */
export async function send(url: string, message: unknown, ports: SendPorts): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    const { problem, pauseMs } = await post(url, message, ports)
    if (problem === undefined || pauseMs === undefined || tries === TRIES) return problem
    await ports.clock.sleep(Math.min(pauseMs, LONGEST_PAUSE_MS), ports.signal)
  }
}

/** `pauseMs` is there when it is worth another try. One that was not answered in time may have arrived: it is not sent twice. */
async function post(
  url: string,
  message: unknown,
  { fetch, signal, patienceMs }: SendPorts,
): Promise<{ problem?: string; pauseMs?: number }> {
  const limit = AbortSignal.timeout(patienceMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      redirect: 'manual', // the address is a secret of the host that it names
      signal: AbortSignal.any([signal, limit]),
    })
    await response.body?.cancel()
    if (response.ok) return {}
    const problem = `it answered ${response.status}`
    if (response.status !== 429 && response.status < 500) return { problem }
    return { problem, pauseMs: Number(response.headers.get('retry-after') || 1) * 1000 || 1000 }
  } catch (error) {
    signal.throwIfAborted()
    if (limit.aborted) return { problem: 'there was no answer in time' }
    return { problem: `it could not be reached (${codeOf(error)})`, pauseMs: 1000 }
  }
}

/** fetch says only that it failed; why stands in its cause. The message could hold the address, so only the code is told. */
function codeOf(error: unknown): string {
  const { code } = ((error as { cause?: unknown }).cause ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : 'no reason given'
}
