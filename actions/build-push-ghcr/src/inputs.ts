import { apiInputs } from '@deploy-actions/digitalocean'
import {
  bool,
  duration,
  each,
  integer,
  lines,
  list,
  Mistake,
  matching,
  oneOf,
  optional,
  optionalText,
  pairs,
  reader,
  secret,
  type Values,
} from '@deploy-actions/kit'
import { platforms } from './platforms.ts'
import { secretValues } from './secret-values.ts'
import { tagRule } from './tag-rules.ts'
import { verifyText } from './verify-spec.ts'

const registryHost = matching(
  /^[a-z0-9.-]+(?::\d+)?$|^\[[0-9a-f:]+\](?::\d+)?$/i,
  'must be a registry host such as `ghcr.io` or `registry.example.com:5000`, without scheme and path',
)

const cacheKind = oneOf('auto', 'gha', 'off')

/** Lines `id=NAME`, in which both are names: an empty right side would be a secret that is empty without a word. */
const namedPairs = reader((raw) => {
  const found = pairs.read(raw)
  for (const [id, value] of found) if (value === '') throw new Mistake(`has nothing for \`${id}\``, 'Write `id=…`.')
  return found
})

const flavorLine = reader((line) => {
  const [, name = '', value = ''] = /^(latest|prefix|suffix)=(.*)$/.exec(line) ?? []
  if (name === '') throw new Mistake('is none of latest=, prefix=, suffix=')
  if (name === 'latest' && !/^(true|false|auto)$/.test(value)) throw new Mistake('must be latest=true, latest=auto or latest=false')
  return { name: name as 'latest' | 'prefix' | 'suffix', value }
})

/** What an entry of `images` may have for itself, in the order of action.yml. */
export const imageInputs = {
  image: optionalText,
  context: reader((raw) => raw || '.'),
  file: optionalText,
  dockerfile: optionalText,
  target: optionalText,
  platforms,
  'build-args': pairs,
  'build-contexts': namedPairs,
  tags: each(tagRule),
  flavor: each(flavorLine),
  labels: pairs,
  annotations: pairs,
  cache: cacheKind,
  'cache-from': lines,
  'cache-to': lines,
  verify: verifyText,
  pull: bool,
  'no-cache': bool,
  'no-cache-filters': list,
  'add-hosts': lines,
  network: optional(oneOf('default', 'none', 'host')),
  'shm-size': optional(matching(/^\d+[bkmg]?$/i, 'must be a size such as `256m`')),
  ulimit: each(matching(/^[a-z]+=\d+(:\d+)?$/, 'must be like `nofile=1024:1024`')),
  'cgroup-parent': optionalText,
  allow: list,
  outputs: lines,
  load: bool,
  'extra-args': lines,
  scan: optionalText,
}

export type ImageInputs = Values<typeof imageInputs>

/** The inputs in the order of action.yml. */
export const inputs = {
  images: optionalText,
  ...imageInputs,
  secrets: secret(secretValues),
  'secret-envs': namedPairs,
  'secret-files': namedPairs,
  ssh: lines,
  builder: optional(matching(/^[A-Za-z0-9][\w.-]*$/, 'must be the name of a buildx builder')),
  registry: registryHost,
  username: optionalText,
  password: secret(optionalText),
  'github-token': secret(optionalText),
  'digitalocean-token': secret(optionalText),
  'api-url': apiInputs.apiUrl,
  'insecure-registries': lines,
  push: bool,
  attest: oneOf('auto', 'required', 'off'),
  sbom: bool,
  phase: oneOf('all', 'build', 'merge', 'cleanup'),
  digests: optionalText,
  cleanup: oneOf('off', 'plan', 'apply'),
  'cleanup-keep': integer({ min: 0, max: 10_000 }),
  'cleanup-days': integer({ min: 0, max: 3650 }),
  'cleanup-deployments': integer({ min: 0, max: 100 }),
  'cleanup-protect': lines,
  'collect-garbage': bool,
  'collect-timeout': duration({ min: 60_000, max: 6 * 3_600_000 }),
  'dry-run': bool,
}

export type BuildInputs = Values<typeof inputs>

export const outputs = ['status', 'build', 'images', 'image', 'digest', 'tags', 'metadata']
