import { apiInputs, appProblems } from '@deploy-actions/digitalocean'
import { bool, duration, oneOf, optionalText, type Problem, secret, type Values } from '@deploy-actions/kit'

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
  const { digitaloceanToken: token, hold, strategy } = values
  const missing: Problem = {
    input: 'digitalocean-token',
    rule: 'is required',
    fix: 'Give it under `with:`, from a secret of this environment.',
  }
  const held: Problem = {
    input: 'hold',
    rule: 'is set with `strategy: image`, which holds nothing',
    fix: 'It belongs to `strategy: platform`.',
  }
  return [
    ...('digitaloceanToken' in values && token === undefined ? [missing] : []),
    ...(hold === true && strategy === 'image' ? [held] : []),
    ...appProblems(values as Parameters<typeof appProblems>[0]),
  ]
}
