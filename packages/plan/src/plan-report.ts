import type { Refusal, ReleasePlan } from '@deploy-actions/compose'
import { columns, UserError } from '@deploy-actions/kit'

/** The plan as lines for the log. */
export function planTable({ id, lines, unchanged, switched }: ReleasePlan): string[] {
  const rows = lines.map(({ service, strategy, reason, image, downtime }) => [
    service,
    strategy,
    image,
    downtime === '' ? reason : `${reason}. ${downtime}`,
  ])
  return [
    unchanged ? 'The live release is the same as this one.' : `Release ${id}`,
    columns([['SERVICE', 'STRATEGY', 'IMAGE', 'WHY'], ...rows]),
    ...(switched.length === 0
      ? ['Nothing is switched: name the services that requests reach in `routes` or `switch`, and they change without a gap.']
      : []),
  ]
}

/** One error for everything that speaks against a plan; its code is the first one's. */
export function refusalError(refusals: readonly Refusal[]): UserError {
  const [first, ...others] = refusals as [Refusal, ...Refusal[]]
  if (others.length === 0) return new UserError(first.code, first.message, { hint: first.hint })
  const told = refusals.map(({ code, message, hint }) => `- ${message}. ${hint} (${code})`)
  return new UserError(first.code, `${refusals.length} things speak against this deploy; nothing was touched:\n${told.join('\n')}`)
}
