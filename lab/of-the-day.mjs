import { createHash } from 'node:crypto'

/** LAB_FULL=1 plays every scenario everywhere; without it the lab stays short enough for every push. */
export const full = process.env.LAB_FULL === '1'

const DAY_MS = 86_400_000

/**
 * So many of them, other ones the day after, until all had their turn. In their order.
 *
 * @template T
 * @param {readonly T[]} all
 * @param {number} count
 * @param {(one: T) => string} name tells them apart; those of a kind that stand together shall not all come on one day
 * @param {Date} date
 * @returns {T[]}
 */
export function ofTheDay(all, count, name = String, date = new Date()) {
  const lot = (one) => createHash('sha256').update(name(one)).digest('hex')
  const round = [...all].sort((a, b) => (lot(a) < lot(b) ? -1 : 1))
  const first = Math.floor(date.getTime() / DAY_MS) * count
  const today = new Set(Array.from({ length: Math.min(count, all.length) }, (_, at) => round[(first + at) % all.length]))
  return all.filter((one) => today.has(one))
}
