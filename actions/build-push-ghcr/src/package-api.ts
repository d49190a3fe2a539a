import { type Clock, UserError } from '@deploy-actions/kit'

export interface ApiPorts {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly signal: AbortSignal
}

const TRIES = 4
const LONGEST_WAIT_MS = 60_000

/** Asks an API with a token; 5xx, 429 and a 403 that asks for a pause are tried again. @throws UserError DA-CLEANUP-API */
export async function askApi(
  url: string,
  init: { method?: string; headers: Record<string, string> },
  { fetch, clock, signal }: ApiPorts,
): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]) }).catch(
      (error: Error) => error,
    )
    signal.throwIfAborted()
    const pause = pauseAfter(outcome, tries)
    if (pause === undefined) return outcome as Response
    if (tries === TRIES || pause > LONGEST_WAIT_MS) throw unanswered(url, outcome, pause)
    await clock.sleep(pause, signal)
  }
}

/** Milliseconds; undefined: this is an answer. */
function pauseAfter(outcome: Response | Error, tries: number): number | undefined {
  const growing = 500 * 2 ** tries
  if (outcome instanceof Error) return growing
  const asked = outcome.headers.get('retry-after')
  const limited =
    outcome.status === 429 || (outcome.status === 403 && (asked !== null || outcome.headers.get('x-ratelimit-remaining') === '0'))
  if (limited) return asked === null ? LONGEST_WAIT_MS : Number(asked) * 1000
  return outcome.status >= 500 ? growing : undefined
}

function unanswered(url: string, outcome: Response | Error, pause: number): UserError {
  const { host } = new URL(url)
  const why =
    outcome instanceof Error
      ? outcome.message
      : outcome.status === 429 || outcome.status === 403
        ? `its limit is reached, for another ${Math.ceil(pause / 1000)} s`
        : `status ${outcome.status}`
  return new UserError('DA-CLEANUP-API', `${host} does not answer: ${why}`, {
    hint: 'Run again later: what was deleted until now stays deleted, and nothing else changed.',
  })
}

export function refusedApi(host: string, status: number, needs: string): UserError {
  return new UserError('DA-CLEANUP-API', `${host} refuses to list or delete versions of the package (status ${status})`, { hint: needs })
}
