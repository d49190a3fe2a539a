/**
 * What a migration does to the release that still runs: `expand` it does not mind, `data` changes rows, `contract` takes away or renames what it may use,
 * `destructive` loses data besides.
 */
export type Kind = 'expand' | 'data' | 'contract' | 'destructive'

const ORDER: readonly Kind[] = ['expand', 'data', 'contract', 'destructive']

/** The words or the statement that were judged, and how. */
export type Found = readonly [string, Kind]

export const worst = (kinds: readonly Kind[]): Kind => ORDER[Math.max(0, ...kinds.map((kind) => ORDER.indexOf(kind)))] ?? 'expand'
