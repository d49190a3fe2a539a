import { assetsLine, errorIncrease, healthLine, routeLine, strategyLine, switchLine, verifyLine } from '@deploy-actions/compose'
import { connectionInputs, connectionProblems } from '@deploy-actions/hosts'
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
  type Problem,
  passedOn,
  reader,
  type Values,
} from '@deploy-actions/kit'
import { registryInputs } from '@deploy-actions/registry'
import { parseBuildRecord, parseSuppliedImages } from '@deploy-actions/release'

const projectName = matching(/^[a-z0-9][a-z0-9_-]*$/, 'must be lower-case letters, digits, `_` and `-`, and begin with a letter or digit')

const ports = reader((raw) =>
  list.read(raw).map((item) => {
    if (!/^\d{1,5}$/.test(item)) throw new Mistake(`has "${item}", which is not a port`, 'Write the published ports, like `5432`.')
    return Number(item)
  }),
)

const imageName = matching(/^[\w][\w./:@-]*$/, 'must be the name of an image, like `caddy:2`')

const containers = reader((raw) =>
  list.read(raw).map((item) => {
    if (!/^[a-zA-Z0-9][\w.-]*$/.test(item))
      throw new Mistake(`has "${item}", which is no name of a container`, 'Write names as `docker ps` shows them.')
    return item
  }),
)

const balancerName = matching(/^[A-Za-z0-9][A-Za-z0-9.-]{0,254}$/, 'must be the name or the id of a load balancer at DigitalOcean')

const releaseId = matching(
  /^\d{8}T\d{6}Z-[0-9a-f]{7}-(?:local|\d+\.\d+)$/,
  'must be a release id such as 20260131T093000Z-1a2b3c4-123456.1, which the output `release-id` of the prepare step has',
)

/** The inputs of deploy-compose-ssh, in the order of its action.yml. Whatever decides about a release takes those of them that it needs. */
export const deployInputs = {
  ...connectionInputs,
  phase: oneOf('all', 'prepare', 'switch', 'abort'),
  'release-id': optional(releaseId),
  'candidate-timeout': duration({ min: 60_000, max: 24 * 3_600_000 }),
  'project-name': optional(projectName),
  'compose-file': lines,
  profiles: list,
  files: lines,
  build: passedOn(reader(parseBuildRecord)),
  variant: optionalText,
  images: passedOn(reader((raw) => parseSuppliedImages(lines.read(raw)))),
  'env-keys': list,
  routes: each(routeLine),
  switch: each(switchLine),
  assets: each(assetsLine),
  'edge-image': imageName,
  'trusted-proxies': list,
  'proxy-protocol': list,
  caddyfile: optionalText,
  strategy: each(strategyLine),
  health: each(healthLine),
  verify: each(verifyLine),
  'verify-for': duration({ max: 3_600_000 }),
  'max-error-increase': errorIncrease,
  canary: integer({ min: 0, max: 1_000 }),
  soak: duration({ max: 6 * 3_600_000 }),
  'take-out-of': optional(balancerName),
  'health-timeout': duration({ min: 1_000, max: 3_600_000 }),
  'drain-timeout': duration({ max: 3_600_000 }),
  'stream-drain-timeout': duration({ max: 3_600_000 }),
  'warm-previous': duration({ max: 24 * 3_600_000 }),
  ...registryInputs,
  'insecure-registries': list,
  'keep-releases': integer({ min: 2, max: 50 }),
  'allow-older': bool,
  'remove-orphans': bool,
  'reload-other-proxies': containers,
  'allow-public-ports': ports,
  'memory-check': bool,
  'reload-proxies': bool,
}

export type DeployInputs = Values<typeof deployInputs>

/** Rules across inputs, and those that need to know where we run. */
export function deployProblems(values: Partial<DeployInputs>, repository: string | undefined): Problem[] {
  const problems = connectionProblems(values, repository)
  if (values.build !== undefined && values.images !== undefined) {
    problems.push({ input: 'images', rule: 'and `build` are both given', fix: 'Give one of them: both say which images the release has.' })
  }
  if (values.takeOutOf !== undefined && values.digitaloceanToken === undefined) {
    problems.push({
      input: 'digitalocean-token',
      rule: 'is required for `take-out-of`',
      fix: 'Give an API token with the scopes `load_balancer:read`, `load_balancer:update`, `droplet:read` and `tag:read`.',
    })
  }
  if (values.takeOutOf !== undefined && /^\s*(?:[^@\s]*@)?load-balancer:/m.test(values.host ?? '')) {
    problems.push({
      input: 'host',
      rule: 'has a line `load-balancer:…` beside `take-out-of`: a host that is out would not be found, and never be put back',
      fix: 'Write `droplet-tag:…` with a tag that all of them have, or their addresses.',
    })
  }
  if (values.releaseId !== undefined && (values.phase === 'all' || values.phase === 'prepare')) {
    problems.push({
      input: 'release-id',
      rule: `is given with \`phase: ${values.phase}\`, which makes a new release`,
      fix: 'Leave it out, or go on with a prepared release by `phase: switch`. To go back to an older one there is the action `rollback`.',
    })
  }
  return problems
}
