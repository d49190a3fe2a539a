import type { Git } from './git.ts'
import { compareVersions, parseVersion, type Version } from './version.ts'

/**
 * Makes the tag of the version, once and for all. A tag that is there and points to this commit is one that a person made, or an earlier try.
 * @throws Error when it points elsewhere
 */
export function setVersionTag({ tag }: Version, commit: string, git: Git): 'made' | 'there' {
  const taken = git.remoteTags().get(tag)
  if (taken === commit) return 'there'
  if (taken !== undefined) throw new Error(`the tag ${tag} points to ${taken} already, and a version is never given twice`)
  git.push(tag, commit, '')
  return 'made'
}

/**
 * Moves the major tag to the version, forwards only: a fix of 1.2 that comes after 1.3 leaves `v1` at 1.3.
 * The version itself has to be out.
 */
export function moveMajorTag(version: Version, git: Git): 'moved' | 'there' | { readonly newer: string } {
  const tags = git.remoteTags()
  const commit = tags.get(version.tag)
  if (commit === undefined) throw new Error(`there is no tag ${version.tag} that ${version.majorTag} could move to`)
  const newer = versionsOf(tags.keys(), version.majorTag).find((other) => compareVersions(other, version) > 0)
  if (newer !== undefined) return { newer: newer.tag }
  if (tags.get(version.majorTag) === commit) return 'there'
  git.push(version.majorTag, commit, git.remoteObject(version.majorTag))
  return 'moved'
}

/** The versions among the tags that belong to a major tag, the newest first. */
function versionsOf(tags: Iterable<string>, majorTag: string): Version[] {
  return [...tags]
    .filter((tag) => /^v\d+\.\d+\.\d+$/.test(tag))
    .map(parseVersion)
    .filter((version) => version.majorTag === majorTag)
    .sort((a, b) => compareVersions(b, a))
}
