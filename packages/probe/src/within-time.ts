import { type Context, createContext, Script } from 'node:vm'

/** Thrown by `withinTime`. */
export class TookTooLong extends Error {
  readonly limitMs: number
  constructor(limitMs: number) {
    super(`it was not done within ${limitMs} ms`)
    this.limitMs = limitMs
  }
}

const script = new Script('work()')
let context: Context | undefined

/**
 * Does the work, and ends it when it takes too long: nothing else stops a regular expression that tries its text in more ways than there is time for.
 * @throws TookTooLong, and whatever the work throws
 */
export function withinTime<T>(limitMs: number, work: () => T): T {
  context ??= createContext({})
  context.work = work
  const timeout = Math.max(1, Math.ceil(limitMs))
  try {
    return script.runInContext(context, { timeout })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new TookTooLong(timeout)
    throw error
  } finally {
    context.work = undefined
  }
}
