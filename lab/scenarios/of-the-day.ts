import { createHash } from 'node:crypto'

/** LAB_FULL=1 plays every scenario everywhere; without it the suites stay short enough for every push. */
export const full = process.env.LAB_FULL === '1'

/** So many of them, drawn by the date: a suite that runs every day comes by all. In their order. @param name tells them apart for the lot */
export function ofTheDay<T>(all: readonly T[], count: number, name: (one: T) => string, date = new Date()): T[] {
  const day = date.toISOString().slice(0, 10)
  const lot = (one: T): string =>
    createHash('sha256')
      .update(`${day} ${name(one)}`)
      .digest('hex')
  const winners = new Set([...all].sort((a, b) => (lot(a) < lot(b) ? -1 : 1)).slice(0, count))
  return all.filter((one) => winners.has(one))
}
