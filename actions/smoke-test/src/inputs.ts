import { deploymentInputs } from '@deploy-actions/deployments'
import { connectionInputs } from '@deploy-actions/hosts'
import {
  bool,
  duration,
  integer,
  list,
  Mistake,
  matching,
  optional,
  optionalText,
  pairs,
  passedOn,
  reader,
  secret,
  text,
  type Values,
} from '@deploy-actions/kit'
import { versionSource } from '@deploy-actions/probe'
import { resolved } from './resolved.ts'

const address = reader((raw) => {
  const url = URL.canParse(text.read(raw)) ? new URL(raw) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Mistake('must be an http or https address', 'Write it like https://shop.example.com/health.')
  if (url.username !== '' || url.hash !== '')
    throw new Mistake('has a user or a fragment in it', 'A check with `basic` sends a user and a password.')
  return url
})

const header = reader((raw) => {
  const [, name, value] = /^([A-Za-z0-9-]+): *(\S+)$/.exec(raw.trim()) ?? []
  if (name === undefined || value === undefined)
    throw new Mistake(
      'must be a header',
      'Give `${{ steps.<id>.outputs.candidate-header }}` of the step with `phase: prepare`, in the same job.',
    )
  return { name: name.toLowerCase(), value }
})

const releaseId = matching(
  /^(?:\d{8}T\d{6}Z-[0-9a-f]{7}-(?:local|\d+\.\d+)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  'must be a release id such as 20260131T093000Z-1a2b3c4-123456.1, or the id of a deployment of App Platform',
)

/** The inputs in the order of action.yml. */
export const inputs = {
  url: address,
  checks: optionalText,
  variables: pairs,
  'env-keys': list,
  'expect-version': passedOn(text),
  'version-from': versionSource,
  'in-a-row': integer({ min: 1, max: 100 }),
  timeout: duration({ min: 1_000, max: 2 * 3_600_000 }),
  interval: duration({ min: 100, max: 60_000 }),
  resolve: resolved,
  candidate: secret(optional(header)),
  'tls-min-days': integer({ min: 0, max: 365 }),
  'tls-warn-days': integer({ min: 0, max: 365 }),
  'tls-ca': optionalText,
  junit: optionalText,
  'report-directory': optionalText,
  'settle-warm': bool,
  'release-id': optional(releaseId),
  ...connectionInputs,
  host: optionalText,
  'ssh-key': secret(optionalText),
  ...deploymentInputs,
}

export type SmokeInputs = Values<typeof inputs>

export const outputs = ['status', 'verdict', 'rollback-recommended', 'report', 'warm']
