const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Milliseconds of a duration written like `90s`, `10m`, `1h30m`, `500ms`, `0s`; undefined for anything else.
 * A bare number is not taken: it hides the unit.
 */
export function parseDuration(written: string): number | undefined {
  if (!/^(\d+(ms|[smhd]))+$/.test(written)) return undefined
  let total = 0
  for (const [, count, unit] of written.matchAll(/(\d+)(ms|[smhd])/g)) total += Number(count) * (UNITS[unit as string] as number)
  return total
}

/** A time span for people: `840 ms`, `2.7 s`, `45 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
