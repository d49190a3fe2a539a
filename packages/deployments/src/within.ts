import type { Clock } from '@deploy-actions/kit'

/** The work was still going on when its time was over. */
export class Late extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms / 1_000} s`)
  }
}

/**
 * What `work` gives, or a rejection with `Late` after `ms`. The signal that it gets aborts then; work that does not hear it goes on by itself, and
 * whatever becomes of it is lost.
 */
export async function within<T>(ms: number, clock: Clock, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController()
  const done = new AbortController()
  const late = clock.sleep(ms, done.signal).then(() => {
    limit.abort(new Late(ms))
    throw limit.signal.reason
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([work(limit.signal), late])
  } finally {
    done.abort()
  }
}
