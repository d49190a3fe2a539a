import type { LoadOptions, LoadReport } from '../lab.ts'
import type { Stage } from './stage.ts'

/** Seconds of load before and after the work: what was lost at the edges would be missed otherwise. */
const MARGIN_MS = 3_000

export interface UnderLoadOptions extends Partial<LoadOptions> {
  /** Calls from the sample's worker to `web` by name are counted too; default true. */
  worker?: boolean
}

/** Does the work while every kind of request goes on, and says what became of both. */
export async function underLoad<T>(
  { lab, url, workerStats }: Stage,
  work: () => Promise<T>,
  { worker = true, ...options }: UnderLoadOptions = {},
): Promise<{ report: LoadReport; result: T }> {
  const load = await lab.load({ url, rate: 220, ...(worker && { workerStats }), ...options })
  try {
    await sleep(MARGIN_MS)
    const result = await work()
    await sleep(MARGIN_MS)
    return { report: await load.stop(), result }
  } catch (error) {
    await load.stop()
    throw error
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
