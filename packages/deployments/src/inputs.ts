import { Mistake, matching, optional, optionalText, type Problem, reader, secret } from '@deploy-actions/kit'
import { type SentryValues, sentryProblems } from './sentry-inputs.ts'

export const environmentName = matching(
  /^[^\s'"`,;\\][^'"`,;\\\n]{0,254}$/,
  'must be the name of an environment of the repository, such as `production`',
)

const address = reader((raw) => {
  if (!URL.canParse(raw) || !/^https?:$/.test(new URL(raw).protocol))
    throw new Mistake('must be an http or https address', 'Write it like https://shop.example.com.')
  return raw
})

/** The inputs by which an action records at GitHub what it did, in the order of action.yml. */
export const deploymentInputs = {
  token: secret(optionalText),
  environment: optional(environmentName),
  'environment-url': optional(address),
}

export interface DeploymentValues extends Partial<SentryValues> {
  readonly token: string | undefined
  readonly environment: string | undefined
  readonly environmentUrl: string | undefined
}

/** Rules across these inputs. */
export function deploymentProblems(values: Partial<DeploymentValues>): Problem[] {
  const { token, environment } = values
  if (token === undefined || environment !== undefined) return sentryProblems(values)
  return [
    ...sentryProblems(values).filter(({ input }) => input !== 'environment'),
    {
      input: 'environment',
      rule: 'is required with `token`',
      fix: 'Give the name that the job has under `environment:`. GitHub does not tell it to the step.',
    },
  ]
}
