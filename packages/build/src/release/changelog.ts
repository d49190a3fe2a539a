/** What the changelog says of a version, without the heading: the text of the release. */
export function sectionOf(changelog: string, version: string): string {
  const sections = sectionsOf(changelog)
  const found = sections.filter(({ name }) => name === version)
  if (found.length === 0) throw new Error(`CHANGELOG.md has no section "## ${version}"; it has ${namesOf(sections)}`)
  if (found.length > 1) throw new Error(`CHANGELOG.md has ${found.length} sections "## ${version}"`)
  const text = found[0]?.text ?? ''
  if (text === '') throw new Error(`the section "## ${version}" of CHANGELOG.md is empty`)
  return text
}

/** What stands under "Unreleased" still, or '': it would be in the release, and nobody would read of it. */
export function unreleased(changelog: string): string {
  return sectionsOf(changelog).find(({ name }) => name === 'Unreleased')?.text ?? ''
}

interface Section {
  readonly name: string
  readonly text: string
}

/** `## 1.2.3`, also with a date behind: `## 1.2.3 (2026-11-22)`. */
function sectionsOf(changelog: string): Section[] {
  const parts = changelog.split(/^## /m).slice(1)
  return parts.map((part) => {
    const [heading = '', ...lines] = part.split('\n')
    return { name: heading.trim().split(/\s/)[0] ?? '', text: lines.join('\n').trim() }
  })
}

const namesOf = (sections: readonly Section[]): string => sections.map(({ name }) => name).join(', ') || 'none'
