export interface SemanticVersion {
  /** As written. */
  readonly raw: string
  /** Without `v` and without what stands behind `+`. */
  readonly version: string
  readonly major: string
  readonly minor: string
  readonly patch: string
  readonly prerelease: boolean
}

const NUMBER = '(0|[1-9]\\d*)'
const PART = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)'
const PATTERN = new RegExp(`^[v=\\s]*${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PART}(?:\\.${PART})*))?(?:\\+[0-9A-Za-z.-]+)?$`)

/** Reads a version by semver.org's grammar, with or without a `v` in front; undefined for anything else, such as `v0.29`. */
export function parseSemanticVersion(text: string): SemanticVersion | undefined {
  const [, major, minor, patch, prerelease] = PATTERN.exec(text.trim()) ?? []
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  const version = `${major}.${minor}.${patch}${prerelease === undefined ? '' : `-${prerelease}`}`
  return { raw: text, version, major, minor, patch, prerelease: prerelease !== undefined }
}
