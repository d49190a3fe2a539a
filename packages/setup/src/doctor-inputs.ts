import { apiInputs } from '@deploy-actions/digitalocean'
import { bool, lines, list, matching, oneOf, optional, optionalText, secret, text, type Values } from '@deploy-actions/kit'

/** Those of commands/doctor.yml, in its order. */
export const doctorInputs = {
  directory: text,
  app: optional(
    matching(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, `_` and `-`, and begin with a letter or digit'),
  ),
  'compose-file': lines,
  hosts: lines,
  'digitalocean-token': secret(optionalText),
  'host-address': oneOf('public', 'private'),
  'api-url': apiInputs.apiUrl,
  user: matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'must be a user name'),
  sudo: bool,
  'ssh-key': secret(optionalText),
  'ssh-key-passphrase': secret(optionalText),
  'known-hosts': optionalText,
  'host-fingerprint': optionalText,
  'jump-host': optionalText,
  domains: lines,
  environments: list,
  'github-repository': optional(matching(/^[\w.-]+\/[\w.-]+$/, 'must be `owner/name`')),
  'github-token': secret(optionalText),
  registry: matching(/^[a-z0-9.-]+(?::\d+)?$|^\[[0-9a-f:]+\](?::\d+)?$/i, 'must be a registry host such as `ghcr.io`'),
}

export type DoctorValues = Values<typeof doctorInputs>
