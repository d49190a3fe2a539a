import { apiInputs, appProblems } from '@deploy-actions/digitalocean'
import { bool, duration, oneOf, optionalText, type Problem, requireInputs, secret, type Values } from '@deploy-actions/kit'

/** Inputs of `target: app-platform`, in the order of action.yml. */
export const appPlatformInputs = {
  'digitalocean-token': secret(optionalText),
  'app-id': apiInputs.appId,
  'app-name': apiInputs.appName,
  operation: oneOf('rollback', 'commit', 'revert'),
  strategy: oneOf('image', 'platform'),
  hold: bool,
  timeout: duration({ min: 1_000, max: 6 * 3_600_000 }),
  'poll-interval': apiInputs.pollInterval,
  'api-url': apiInputs.apiUrl,
}

export type AppPlatformInputs = Values<typeof appPlatformInputs>

/** What that target cannot do without, and what does not go together. */
export function appPlatformProblems(values: Partial<AppPlatformInputs>): Problem[] {
  const { hold, strategy } = values
  const held: Problem = {
    input: 'hold',
    rule: 'is set with `strategy: image`, which holds nothing',
    fix: 'It belongs to `strategy: platform`.',
  }
  return [
    ...requireInputs(values, ['digitalocean-token']),
    ...(hold === true && strategy === 'image' ? [held] : []),
    ...appProblems(values as Parameters<typeof appProblems>[0]),
  ]
}
