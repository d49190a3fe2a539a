const DAY_MS = 86_400_000

/**
 * Which backups stay: the newest of each of the last days, weeks and months that have one, and always the newest of all. Weeks begin on Monday, and all times are UTC. It
 * is the rule of `kept_backups` of the agent, for a store that no host has anything to do with.
 * @param rule days, weeks and months
 */
export function keptBy(ids: readonly string[], rule: readonly number[]): string[] {
  const newestFirst = [...ids].sort().reverse()
  const [days = 0, weeks = 0, months = 0] = rule
  const newestOfEach = (key: (id: string) => string | number, count: number) =>
    [...Map.groupBy(newestFirst, key).values()].slice(0, count).map(([newest]) => newest as string)
  const kept = new Set([
    ...newestFirst.slice(0, 1),
    ...newestOfEach(dayOf, days),
    // The 1st of January 1970 was a Thursday.
    ...newestOfEach((id) => Math.floor((dayOf(id) + 3) / 7), weeks),
    ...newestOfEach((id) => id.slice(0, 6), months),
  ])
  return newestFirst.filter((id) => kept.has(id))
}

const dayOf = (id: string): number => Math.floor(timeOf(id) / DAY_MS)

/** The time that an id stands for, in milliseconds since 1970. */
export function timeOf(id: string): number {
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(id) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
