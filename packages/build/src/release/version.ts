/** A version of ours: three numbers. We make no pre-releases, so that a moving major tag never has to choose. */
export interface Version {
  /** `1.2.3` */
  readonly text: string
  /** `v1.2.3`, the tag that never moves. */
  readonly tag: string
  /** `v1`, the tag that follows the newest release of its major version. */
  readonly majorTag: string
  readonly numbers: readonly [number, number, number]
}

/**
 * Reads `1.2.3` or `v1.2.3`.
 * @throws Error for everything else, also for leading zeros and for `-rc.1`
 */
export function parseVersion(given: string): Version {
  const found = /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(given)
  if (found === null) throw new Error(`"${given}" is no version: it has to be three numbers, such as 1.2.3`)
  const [major, minor, patch] = found.slice(1).map(Number) as [number, number, number]
  const text = `${major}.${minor}.${patch}`
  return { text, tag: `v${text}`, majorTag: `v${major}`, numbers: [major, minor, patch] }
}

/** Below zero where `a` is the older one, above where it is the newer one, 0 for the same. */
export function compareVersions(a: Version, b: Version): number {
  const different = a.numbers.findIndex((number, at) => number !== b.numbers[at])
  return different === -1 ? 0 : (a.numbers[different] as number) - (b.numbers[different] as number)
}
