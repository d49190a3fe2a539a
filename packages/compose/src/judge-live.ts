import type { HostFacts } from './host-facts.ts'
import type { Judged, JudgeOptions } from './judged.ts'
import { type Refusal, refusal } from './refusal.ts'

type Edge = NonNullable<HostFacts['edge']>

/** What the live release does not allow to change from one release to the next: each of these would take something away that serves. */
export function judgeLive(
  { host, containers, current, edge }: HostFacts,
  plan: Judged,
  { app, project, namesUnknown = false }: JudgeOptions,
): Refusal[] {
  if (current === undefined) {
    const live = containers.find(
      (one) => one.app === app && one.project !== undefined && one.project !== project && one.state === 'running',
    )
    if (live === undefined) return []
    const elsewhere = `${app} is live on ${host} from another directory (${live.names.join(', ')} runs), and this directory has no release`
    return [refusal('DA-APP-ELSEWHERE', elsewhere, 'Give the `directory` of the earlier deploys, or another `app`.')]
  }
  if (current.project !== undefined && current.project !== project) {
    const renamed = `the live release on ${host} is the Compose project "${current.project}", and this one would be "${project}": it would get new, empty volumes`
    return [refusal('DA-PROJECT-RENAMED', renamed, `Set \`project-name: ${current.project}\`.`)]
  }
  if (edge === undefined || namesUnknown) return []
  if (plan.switched.length === 0)
    return [refusal('DA-SWITCH-GONE', 'the live release has switched services, and this one has none', START_ANEW)]
  return [...noLongerSwitched(host, edge, plan), ...newNames(host, edge, plan)]
}

const START_ANEW =
  'Undo that change. Or start anew, at a quiet moment: `release uninstall` on the host, then deploy: it takes the project over anew (requests fail for some seconds each time; volumes stay).'

/** The edge keeps the names that it has as long as it lives: a base service of that name would share its calls with it. */
function noLongerSwitched(host: string, { aliases = {} }: Edge, { lines, edge: { aliases: wanted = {} } }: Judged): Refusal[] {
  // A switched service may have the name of another one as its alias: what the edge shall answer for in this release too is not left over.
  const left = Object.entries(aliases).flatMap(([network, names]) => names.filter((name) => !wanted[network]?.includes(name)))
  const answered = new Set(left)
  answered.delete('edge') // its own name in its project, which Compose makes an alias
  const names = lines.filter(({ service, strategy }) => !['switch', 'off'].includes(strategy) && answered.has(service))
  return names.map(({ service }) =>
    refusal(
      'DA-SWITCH-LEFT',
      `"${service}" was switched in the live release and is not in this one: the edge on ${host} would go on answering for its name`,
      `Name it in \`switch\` again. ${START_ANEW}`,
    ),
  )
}

function newNames(host: string, { aliases = {} }: Edge, plan: Judged): Refusal[] {
  const missing = Object.entries(plan.edge.aliases ?? {}).flatMap(([network, names]) => {
    const has = aliases[network]
    return has === undefined ? [] : names.filter((name) => !has.includes(name))
  })
  if (missing.length === 0) return []
  const message = `the edge on ${host} does not answer for ${[...new Set(missing)].join(', ')}, which this release newly needs`
  return [refusal('DA-EDGE-NAMES', message, START_ANEW)]
}

/** Some versions of Compose ignore such a change, others would take the network from under everything that runs on it. */
export function judgeNetworks({ host, networks }: HostFacts, { changedNetworks }: Judged, { project }: JudgeOptions): Refusal[] {
  const existing = changedNetworks.filter(({ name }) => networks.includes(name))
  const hint = `Docker cannot change a network that exists. Undo that change; or, at a quiet moment, run \`release uninstall\` and \`docker compose -p ${project} down\` on the host (requests fail until the next deploy is done; volumes stay), then deploy again.`
  return existing.map(({ name, fields }) =>
    refusal(
      'DA-NETWORK-CHANGED',
      `${listed(fields)} of the network "${name}", which exists on ${host}, changed since the live release`,
      hint,
    ),
  )
}

const listed = (fields: readonly string[]): string => fields.map((field) => `\`${field}\``).join(' and ')
