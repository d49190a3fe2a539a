import { Mistake, UserError } from '@deploy-actions/kit'
import type { RunFacts } from './run-facts.ts'
import { parseSemanticVersion } from './semantic-version.ts'
import { regexOf, type TagRule } from './tag-rules.ts'
import { branchOf, expand, pullRequestOf, tagOf } from './tag-template.ts'

export interface Flavor {
  readonly latest: 'true' | 'false' | 'auto'
  readonly prefix: string
  readonly suffix: string
}

export interface Tags {
  /** All of them, the first is the version; `sha-<commit>` is always there. */
  readonly all: readonly string[]
  /** What the labels call the version. */
  readonly version: string
}

/** `flavor` as lines; of two with one name the last counts. */
export function flavorOf(lines: readonly { name: keyof Flavor; value: string }[]): Flavor {
  return {
    latest: 'false',
    prefix: '',
    suffix: '',
    ...(Object.fromEntries(lines.map(({ name, value }) => [name, value])) as Partial<Flavor>),
  }
}

/**
 * The tags of an image.
 * @throws UserError DA-TAGS-NONE when there are rules and none gives a tag, DA-TAGS-INVALID for one that is no tag
 */
export function tagsOf(rules: readonly TagRule[], flavor: Flavor, facts: RunFacts): Tags {
  const sorted = rules.toSorted((a, b) => b.priority - a.priority)
  const outcomes = sorted.map((rule) => outcomeOf(rule, flavor, facts))
  const given = outcomes.flatMap((one) => ('tag' in one ? [one] : []))
  if (rules.length > 0 && given.length === 0) throw noTag(sorted, outcomes)
  const latest = flavor.latest === 'true' || (flavor.latest === 'auto' && given.some((one) => one.isRelease))
  const always = `sha-${facts.commit}`
  const all = [...new Set([...given.map(({ tag }) => tag), ...(latest ? ['latest'] : []), always])]
  return { all, version: given[0]?.tag ?? always }
}

type Outcome = { tag: string; isRelease: boolean } | { why: string }

function outcomeOf(rule: TagRule, flavor: Flavor, facts: RunFacts): Outcome {
  try {
    const enabled = expand(rule.enable, facts)
    if (enabled !== 'true' && enabled !== 'false') throw new Mistake(`has enable="${enabled}", which is neither true nor false`)
    if (enabled === 'false') return { why: 'not enabled' }
    const found = valueBy(rule, facts)
    if ('why' in found) return found
    const prefix = rule.prefix ?? (rule.type === 'sha' ? 'sha-' : pullRequestPrefix(rule) + flavor.prefix)
    const tag = `${expand(prefix, facts)}${found.value}${expand(rule.suffix ?? flavor.suffix, facts)}`.toLowerCase()
    if (!/^\w[\w.-]{0,127}$/.test(tag))
      throw new Mistake(`gives "${tag}", which is no tag`, 'A tag has 1 to 128 letters, digits, `_`, `.` and `-`.')
    return { tag, isRelease: found.isRelease }
  } catch (cause) {
    if (!(cause instanceof Mistake)) throw cause
    const options = { cause, ...(cause.fix !== undefined && { hint: cause.fix }) }
    throw new UserError('DA-TAGS-INVALID', `the rule "${rule.text}" of \`tags\` ${cause.message}`, options)
  }
}

const pullRequestPrefix = ({ type, options }: TagRule): string => (type === 'ref' && options.event === 'pr' ? 'pr-' : '')

type Value = { value: string; isRelease: boolean } | { why: string }

/** A branch or git tag may have characters that a tag may not. */
const plain = (name: string): string => name.replace(/[^a-zA-Z0-9._-]+/g, '-')
const ordinary = (value: string): Value => ({ value: plain(value), isRelease: false })

function valueBy(rule: TagRule, facts: RunFacts): Value {
  const { type, options } = rule
  switch (type) {
    case 'raw':
      return { value: expand(options.value ?? '', facts), isRelease: false }
    case 'sha':
      return ordinary(options.format === 'long' ? facts.commit : facts.commit.slice(0, 7))
    case 'schedule':
      return facts.event === 'schedule' ? ordinary(expand(options.pattern ?? '', facts)) : { why: 'not a schedule' }
    case 'ref':
      return refValue(options.event ?? '', facts)
    case 'edge':
      return edgeValue(options.branch || facts.defaultBranch, facts)
    case 'match':
      return matchValue(rule, facts)
    case 'semver':
      return semverValue(rule, facts)
  }
}

function refValue(event: string, facts: RunFacts): Value {
  const value = event === 'branch' ? branchOf(facts) : event === 'tag' ? tagOf(facts) : pullRequestOf(facts)
  if (value === undefined) return { why: `this run is for ${facts.ref || 'no ref'}` }
  return { value: plain(value), isRelease: event === 'tag' }
}

function edgeValue(wanted: string | undefined, facts: RunFacts): Value {
  if (wanted === undefined) return { why: 'the default branch is not known here: write branch=' }
  return branchOf(facts) === wanted ? ordinary('edge') : { why: `this run is not for the branch ${wanted}` }
}

function matchValue({ options }: TagRule, facts: RunFacts): Value {
  const text = options.value ? expand(options.value, facts) : tagOf(facts)
  if (text === undefined) return { why: 'this run is not for a git tag' }
  const found = regexOf(options.pattern ?? '').exec(text)
  const value = found?.[Number(options.group)]
  if (value === undefined) return { why: found === null ? `"${text}" does not match` : `the pattern has no group ${options.group}` }
  return { value: plain(value), isRelease: true }
}

function semverValue({ options }: TagRule, facts: RunFacts): Value {
  const text = options.value ? expand(options.value, facts) : tagOf(facts)
  if (text === undefined) return { why: 'this run is not for a git tag' }
  const version = parseSemanticVersion(text)
  if (version === undefined) return { why: `"${text}" is not a version with three numbers, such as v1.4.2` }
  const { raw, major, minor, patch, prerelease } = version
  const pattern = options.pattern ?? ''
  // A pre-release must not move 1 or 1.4, which people take for the newest release.
  const used = prerelease && !/\{\{\s*raw\s*\}\}/.test(pattern) ? '{{version}}' : pattern
  return { value: plain(expand(used, facts, { raw, version: version.version, major, minor, patch })), isRelease: !prerelease }
}

function noTag(rules: readonly TagRule[], outcomes: readonly Outcome[]): UserError {
  const told = rules.map(({ text }, at) => `- ${text}: ${(outcomes[at] as { why: string }).why}`)
  return new UserError('DA-TAGS-NONE', `none of the rules in \`tags\` gives a tag for this run:\n${told.join('\n')}`, {
    hint: 'Add a rule for what starts this run, such as `type=ref,event=branch`, or leave `tags` out: `sha-<commit>` is always given.',
  })
}
