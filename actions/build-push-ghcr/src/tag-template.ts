import { Mistake } from '@deploy-actions/kit'
import { formatDate } from './date-format.ts'
import type { RunFacts } from './run-facts.ts'

/** What `{{…}}` stands for in rules. @throws Mistake for a name that is not known */
export function expand(template: string, facts: RunFacts, more: Readonly<Record<string, string>> = {}): string {
  return template.replace(/\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => valueFor(expression, facts, more))
}

function valueFor(expression: string, facts: RunFacts, more: Readonly<Record<string, string>>): string {
  const { name, format, zone } = parts(expression)
  if (Object.hasOwn(more, name)) return more[name] as string
  switch (name) {
    case 'branch':
      return branchOf(facts) ?? ''
    case 'tag':
      return tagOf(facts) ?? ''
    case 'sha':
      return facts.commit.slice(0, 7)
    case 'base_ref':
      return facts.baseRef
    case 'is_default_branch':
      return String(isDefaultBranch(facts))
    case 'is_not_default_branch':
      return String(!isDefaultBranch(facts))
    case 'date':
      return formatDate(facts.now, format ?? 'YYYYMMDD', zone)
    case 'commit_date':
      return formatDate(facts.committedAt === undefined ? facts.now : Date.parse(facts.committedAt), format ?? 'YYYYMMDD', zone)
    default:
      throw new Mistake(
        `has "{{${expression}}}", which nobody knows`,
        `There are ${[...Object.keys(more), ...NAMES].map((one) => `{{${one}}}`).join(', ')}.`,
      )
  }
}

const NAMES = [
  'branch',
  'tag',
  'sha',
  'base_ref',
  'is_default_branch',
  'is_not_default_branch',
  "date 'YYYYMMDD'",
  "commit_date 'YYYYMMDD'",
]

/** `date 'YYYY' tz='Europe/Berlin'`; a name that is empty is one that cannot be read. */
function parts(expression: string): { name: string; format: string | undefined; zone: string | undefined } {
  const [, name = '', single, double, zone] = /^([a-z_]+)(?:\s+'([^']*)'|\s+"([^"]*)")?(?:\s+tz=['"]([^'"]+)['"])?$/i.exec(expression) ?? []
  return { name, format: single ?? double, zone }
}

export const branchOf = ({ ref }: RunFacts): string | undefined => (ref.startsWith('refs/heads/') ? ref.slice(11) : undefined)
export const tagOf = ({ ref }: RunFacts): string | undefined => (ref.startsWith('refs/tags/') ? ref.slice(10) : undefined)
export const pullRequestOf = ({ ref }: RunFacts): string | undefined => /^refs\/pull\/(\d+)\//.exec(ref)?.[1]

const isDefaultBranch = (facts: RunFacts): boolean => facts.defaultBranch !== undefined && branchOf(facts) === facts.defaultBranch
