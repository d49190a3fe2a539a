import { createHash } from 'node:crypto'

/** LAB_FULL=1 plays every scenario everywhere; without it the lab stays short enough for every push. */
export const full = process.env.LAB_FULL === '1'

/**
 * So many of them, drawn by the date: what runs every day comes by all. In their order.
 *
 * @template T
 * @param {readonly T[]} all
 * @param {number} count
 * @param {(one: T) => string} name tells them apart for the lot
 * @param {Date} date
 * @returns {T[]}
 */
export function ofTheDay(all, count, name = String, date = new Date()) {
  const day = date.toISOString().slice(0, 10)
  const lot = (one) =>
    createHash('sha256')
      .update(`${day} ${name(one)}`)
      .digest('hex')
  const winners = new Set([...all].sort((a, b) => (lot(a) < lot(b) ? -1 : 1)).slice(0, count))
  return all.filter((one) => winners.has(one))
}
