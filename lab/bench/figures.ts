/** The middle one of several figures; of an even number the mean of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]]
  return Math.round((low + high) / 2)
}

/** Medians of every figure of some runs. */
export function medians<T extends Record<string, number>>(runs: readonly T[]): T {
  const names = Object.keys(runs[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name] ?? Number.NaN))])) as T
}

/** How many times faster the second is, from pair to pair: what the machine does meanwhile meets both of a pair. */
export function pairRatio(slower: readonly number[], faster: readonly number[]): number {
  const ratios = slower.map((figure, index) => (figure / (faster[index] ?? Number.NaN)) * 100)
  return median(ratios) / 100
}

export const seconds = (ms: number): string => (ms / 1000).toFixed(2)
