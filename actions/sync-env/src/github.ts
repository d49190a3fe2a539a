import type { GitHubApi } from '@deploy-actions/github'
import { type Log, UserError } from '@deploy-actions/kit'
import { type Changes, isNamed } from './changes.ts'
import { type GitHubRequest, type Standing, standingOf } from './github-environment.ts'
import { MOST, refuseUnfit } from './github-limits.ts'
import { writeAll, writesOf } from './github-writes.ts'
import type { Seal } from './sealed-box.ts'
import { changeLine, isChange, type SyncResult, type Target } from './target.ts'

export interface GitHubPorts {
  readonly log: Log
  readonly api: GitHubApi
  readonly seal: () => Promise<Seal>
}

/** Secrets and variables of an environment. Everything that GitHub would refuse is known before the first of them is written. */
export function github(request: GitHubRequest, ports: GitHubPorts): Target {
  const { owner, repo, environment } = request
  const name = `environment ${environment} of ${owner}/${repo}`
  return {
    name,
    judge: (values) => refuseUnfit(values),
    sync: (values) => syncEnvironment(name, values, request, ports),
  }
}

async function syncEnvironment(
  name: string,
  values: ReadonlyMap<string, string>,
  request: GitHubRequest,
  ports: GitHubPorts,
): Promise<SyncResult> {
  const { log } = ports
  const before = await log.group('Compare', () => standingOf(request, ports.api))
  const changes = changesOf(values, before, request)
  refuseTooMany(values, before, changes, request)
  log.info(`${name}: ${changeLine(changes)}`)
  tellTwofold(values, before, request, log)
  const result = { name, places: [{ name: 'GitHub', changes }] }
  if (!isChange(changes)) return { ...result, status: 'unchanged' }
  if (request.dryRun) return { ...result, status: 'planned' }
  await log.group('Write', async () => {
    const writes = await writesOf({ values, before, changes, request }, ports.api, ports.seal)
    await writeAll(writes, ports.api)
    log.info(`${writes.length} written to ${request.environment}`)
  })
  return { ...result, status: 'written' }
}

function changesOf(values: ReadonlyMap<string, string>, before: Standing, { variables, prune }: GitHubRequest): Changes {
  const names = [...values.keys()]
  const isVariable = (name: string) => isNamed(name, variables)
  const there = (name: string) =>
    isVariable(name) ? before.variables.has(name.toUpperCase()) : before.secrets.includes(name.toUpperCase())
  const unchanged = names.filter((name) => isVariable(name) && before.variables.get(name.toUpperCase()) === values.get(name))
  const given = new Set(names.map((name) => name.toUpperCase()))
  const others = [...new Set([...before.secrets, ...before.variables.keys()])].filter((name) => !given.has(name))
  return {
    added: names.filter((name) => !there(name)),
    changed: names.filter((name) => there(name) && !unchanged.includes(name)),
    removed: others.filter((name) =>
      isNamed(
        name,
        prune.map((one) => one.toUpperCase()),
      ),
    ),
    unchanged,
    file: [],
    stale: new Map(),
  }
}

/** @throws UserError DA-GITHUB-LIMIT */
function refuseTooMany(values: ReadonlyMap<string, string>, before: Standing, { removed }: Changes, { variables }: GitHubRequest): void {
  const after = (kind: 'secrets' | 'variables', there: readonly string[]) => {
    const own = [...values.keys()].filter((name) => isNamed(name, variables) === (kind === 'variables')).map((name) => name.toUpperCase())
    return new Set([...there.filter((name) => !removed.includes(name)), ...own]).size
  }
  for (const [kind, there] of [
    ['secrets', before.secrets],
    ['variables', [...before.variables.keys()]],
  ] as const) {
    const many = after(kind, there)
    if (many > MOST)
      throw new UserError('DA-GITHUB-LIMIT', `the environment would have ${many} ${kind}, and GitHub holds ${MOST}; nothing was written`, {
        hint: 'Remove some by `prune`, or put several values into one as JSON.',
      })
  }
}

/** What is a secret now, and stands there for everybody to read as well, or the other way round. */
function tellTwofold(values: ReadonlyMap<string, string>, before: Standing, { variables }: GitHubRequest, log: Log): void {
  const open = [...values.keys()].filter((name) => !isNamed(name, variables) && before.variables.has(name.toUpperCase()))
  if (open.length > 0)
    log.warning(`${open.join(', ')}: written as a secret, and there is a variable of that name too, which people can read. Delete it`)
  const closed = [...values.keys()].filter((name) => isNamed(name, variables) && before.secrets.includes(name.toUpperCase()))
  if (closed.length > 0) log.warning(`${closed.join(', ')}: written as a variable, and there is a secret of that name too`)
}
