import type { RunFacts } from './run-facts.ts'
import type { Tags } from './tags.ts'

/** What OCI's annotations say of an image, as labels and annotations; the user's own win. */
export function ociLabels(facts: RunFacts, { version }: Tags, own: ReadonlyMap<string, string>): Map<string, string> {
  const { repository, serverUrl, commit, committedAt, now, description, license } = facts
  const source = repository === undefined ? '' : `${serverUrl}/${repository}`
  // Of the commit and not of this moment: the same commit then gives the same digest, and the cache keeps its use.
  const created = new Date(committedAt === undefined ? now : Date.parse(committedAt)).toISOString()
  const given = {
    title: repository?.split('/')[1] ?? '',
    description,
    url: source,
    source,
    version,
    created,
    revision: commit,
    licenses: license === 'NOASSERTION' ? '' : license,
  }
  const labels = Object.entries(given).filter(([, value]) => value !== '')
  return new Map([...labels.map(([name, value]): [string, string] => [`org.opencontainers.image.${name}`, value]), ...own])
}
