import { type OpenHost, onEach } from '@deploy-actions/agent'
import { type Refusal, type ReleasePlan, refusal } from '@deploy-actions/compose'
import { type Log, tellingOnce } from '@deploy-actions/kit'
import { formatReleaseId } from '@deploy-actions/release'
import { remembering } from './ask-early.ts'
import type { DeployPorts, DeployRequest } from './deploy-request.ts'
import type { ImagesFound } from './images.ts'
import { type Draft, draft, findImages, look, refuse, type Seen } from './plan.ts'
import { planTable } from './plan-report.ts'
import type { Source } from './source.ts'

export interface PlannedHost extends Draft {
  readonly host: OpenHost
}

/** What is known when everything is decided. */
export interface Planned {
  readonly id: string
  /** In their order. */
  readonly hosts: readonly PlannedHost[]
  /** Of the first host, to show. */
  readonly plan: ReleasePlan
  /** References with digests, by service. */
  readonly images: Record<string, string>
}

/**
 * Decides everything before anything is touched: one release with one id for all hosts, each planned from what stands there.
 * @throws UserError with every reason why it cannot be done, on whichever host
 */
export async function planHosts(request: DeployRequest, source: Source, hosts: readonly OpenHost[], ports: DeployPorts): Promise<Planned> {
  const log = hosts.length === 1 ? ports.log : tellingOnce(ports.log)
  // Before Compose has its say: a file that is not there may be what it complains of.
  for (const note of source.notes) log.info(`note: ${note}`)
  const seen = await onEach(hosts, (host) => look(request, source, { ...host, log }))
  const imagesFound = await imagesOf(request, seen, ports)
  const named = seen.map((one) => ({ ...one, name: one.host.name }))
  const decide = (id: string) =>
    onEach(named, (one) => draft(request, source, one, { id, found: imagesFound.get(one.host.name) as ImagesFound, hosts: hosts.length }))

  const { commit, run } = request
  const id = formatReleaseId({ at: new Date(ports.clock.now()), commit: commit?.sha, ...(run.run && { run: run.run }) })
  const first = await decide(id)
  const shared = sharedRelease(first, hosts)
  const drafts = shared === undefined || first.every(({ nothingToDo }) => nothingToDo) ? first : await decide(shared)
  tell(drafts, log)
  refuse([...refusalsOf(drafts), ...differences(drafts)])
  const planned = drafts.map((one, at) => ({
    ...one,
    host: hosts[at] as OpenHost,
    nothingToDo: one.nothingToDo && one.facts.current?.id === shared,
  }))
  const [{ plan, found }] = drafts as [Draft]
  const images = Object.fromEntries([...found.images].map(([service, { reference }]) => [service, reference]))
  return { id: shared ?? id, hosts: planned, plan, images }
}

/** For one host after the other: what the first one found out counts for all, from their registries as by way of a host. */
async function imagesOf(request: DeployRequest, seen: readonly Seen[], ports: DeployPorts): Promise<Map<string, ImagesFound>> {
  const registries = new Map<string, ReturnType<DeployPorts['registry']>>()
  const registry: DeployPorts['registry'] = (logins) => {
    const key = JSON.stringify(logins)
    const known = registries.get(key) ?? remembering(ports.registry(logins))
    registries.set(key, known)
    return known
  }
  const digests = new Map<string, string>()
  const found = new Map<string, ImagesFound>()
  for (const one of seen) {
    const onHost = async (image: string) => {
      const digest = digests.get(image) ?? (await one.host.agent.digestOf(image))
      digests.set(image, digest)
      return digest
    }
    found.set(one.host.name, await findImages(request, one, { registry, onHost }))
  }
  return found
}

/** The release that some hosts have already, which the others get then; none where that cannot be. */
function sharedRelease(drafts: readonly Draft[], hosts: readonly OpenHost[]): string | undefined {
  const ids = new Set(drafts.flatMap(({ nothingToDo, facts }) => (nothingToDo ? (facts.current?.id ?? []) : [])))
  const [id] = ids
  if (id === undefined || ids.size > 1) return undefined
  // A host on which it is live but not whole, or that keeps it to go back to, needs another id to be made anew under.
  const free = drafts.every(({ nothingToDo, facts }, at) => nothingToDo || (facts.current?.id !== id && !hosts[at]?.kept.includes(id)))
  return free ? id : undefined
}

/** What is planned: once where it is the same everywhere, else for each host. */
function tell(drafts: readonly Draft[], log: Log): void {
  const texts = drafts.map(({ plan, notes }) => [...planTable(plan), ...notes.map((note) => `note: ${note}`)])
  const kinds = new Map(texts.map((lines) => [lines.join('\n'), lines]))
  for (const [text, lines] of kinds) {
    const names = drafts.filter((_, at) => texts[at]?.join('\n') === text).map(({ host }) => host.name)
    if (kinds.size > 1) log.info(`On ${names.join(', ')}:`)
    for (const line of lines) log.info(line)
  }
}

/** What is wrong on every host is the release's own fault, and told once. */
function refusalsOf(drafts: readonly Draft[]): Refusal[] {
  const [first, ...others] = drafts as [Draft, ...Draft[]]
  const everywhere = first.refusals.filter(({ message }) => others.every(({ refusals }) => refusals.some((one) => one.message === message)))
  const onOne = drafts.flatMap(({ host, refusals }) =>
    refusals
      .filter(({ message }) => !everywhere.some((one) => one.message === message))
      .map((one) => ({ ...one, message: one.message.startsWith(`${host.name} `) ? one.message : `${host.name}: ${one.message}` })),
  )
  return [...everywhere, ...onOne]
}

/** Hosts whose own `.env` or platform makes another release of the same files. */
function differences(drafts: readonly Draft[]): Refusal[] {
  const [first, ...others] = drafts as [Draft, ...Draft[]]
  const known = marksOf(first)
  return others.flatMap((other) => {
    const mark = marksOf(other)
    const what = Object.keys({ ...known, ...mark }).filter((key) => known[key] !== mark[key])
    if (what.length === 0) return []
    const told = what.map(
      (key) => `${key} is ${mark[key] ?? 'not there'} on ${other.host.name} and ${known[key] ?? 'not there'} on ${first.host.name}`,
    )
    const hint =
      "All hosts get one release. What differs comes from the hosts' own `.env` or from an image that is not the same for their platforms: give it in the workflow, or deploy to them apart."
    return [refusal('DA-FLEET-DIFFERENT', `the hosts would not run the same release: ${told.join('; ')}`, hint)]
  })
}

/** What must be the same: the project, which services switch, and with which images. */
function marksOf({ plan, running, found }: Draft): Record<string, string> {
  const services = Object.keys(plan.model.services).map((name) => [
    `service "${name}"`,
    plan.switched.includes(name) ? 'switched' : 'there',
  ])
  const images = [...found.images].map(([name, { reference }]) => [`the image of "${name}"`, reference])
  return Object.fromEntries([['the project', running.project], ...services, ...images])
}
