import { type ComposeMount, serviceOf } from './compose-model.ts'
import type { HostContainer, HostFacts, HostMount, StartedByHand } from './host-facts.ts'
import type { Judged, Judgement, JudgeOptions } from './judged.ts'
import { type Refusal, refusal } from './refusal.ts'
import { realName } from './service-names.ts'
import { isStored } from './stored-files.ts'

/** A container that people started, as Docker lists it and as it was made. */
export type HandContainer = HostContainer & StartedByHand

/** A project that people started by hand, and that a release takes over. */
export interface Adoption {
  readonly containers: readonly HandContainer[]
  /** Services whose containers Compose would keep as they are; undefined as long as it was not asked. */
  readonly same?: ReadonlySet<string>
  /** Compose files from which another project on the host was started too. */
  readonly shared?: ReadonlySet<string>
}

/** What people started of a project; undefined when there is nothing, or when a release of ours is live. */
export function adoptionOf(facts: HostFacts, project: string): Adoption | undefined {
  if (facts.current !== undefined) return undefined
  const all = handContainers(facts)
  const containers = all.filter((one) => one.project === project)
  const shared = new Set(all.filter((one) => one.project !== project).flatMap(({ files }) => files))
  return containers.length === 0 ? undefined : { containers, shared }
}

/** All containers of Compose projects on a host that are not an app's: a project whose slots or edge stand there was not started by hand. */
export function handContainers({ containers, startedByHand = [] }: HostFacts): HandContainer[] {
  const made = new Map(startedByHand.map((one) => [one.id, one]))
  const ours = new Set(containers.flatMap(({ app, project }) => (app === undefined ? [] : [project?.replace(/-(blue|green|edge)$/, '')])))
  return containers.flatMap((one) => {
    const details = made.get(one.id)
    return details === undefined || one.app !== undefined || one.oneOff === true || ours.has(one.project) ? [] : [{ ...one, ...details }]
  })
}

/** Services that Compose would leave alone, told by its hashes of the release's definitions and by what the images are now. */
export function sameServices(
  { containers }: Adoption,
  hashes: ReadonlyMap<string, string>,
  images: ReadonlyMap<string, string>,
): Set<string> {
  const isSame = ({ service = '', hash, image, imageId }: HandContainer) => hashes.get(service) === hash && images.get(image) === imageId
  const changed = new Set(containers.filter((one) => !isSame(one)).map(({ service }) => service))
  return new Set(containers.flatMap(({ service = '' }) => (changed.has(service) ? [] : [service])))
}

/** The folder that a project was started from; undefined when its containers tell of several. */
export function directoryOf({ containers }: Adoption): string | undefined {
  const [first, ...others] = new Set(containers.map(({ directory }) => directory))
  return others.length === 0 && first !== '' ? first : undefined
}

/** A Compose file that a project was started from. */
interface OldFile {
  readonly path: string
  /** The first one that Compose was given: in its place people's `docker compose` looks for the project. */
  readonly first: boolean
  /** Another project was started from it too, and needs it. */
  readonly shared: boolean
}

/** The Compose files that a project was started from, but for those of our own releases. */
export function oldFilesOf({ containers, shared }: Adoption): OldFile[] {
  const paths = [...new Set(containers.flatMap(({ files }) => files))].filter((path) => !/\/releases\//.test(path))
  const first = new Set(containers.map(({ files }) => files[0]))
  return paths.sort().map((path) => ({ path, first: first.has(path), shared: shared?.has(path) === true }))
}

/** nginx looks a name up once: it has to be told when another container answers for it. */
export const proxiesToReload = ({ containers }: Adoption, switched: readonly string[]): HandContainer[] =>
  containers.filter(({ image, service = '', state }) => state === 'running' && !switched.includes(service) && NGINX.test(image))
const NGINX = /(^|\/)(nginx|openresty)[^/]*$/

/** What speaks against taking over a project, and what the people who started it should know beforehand. */
export function judgeAdoption(facts: HostFacts, plan: Judged, options: JudgeOptions): Judgement {
  const adoption = adoptionOf(facts, options.project)
  if (adoption === undefined) return { refusals: judgeBeside(facts, plan, options), notices: (facts.composeFiles ?? []).map(givesWay) }
  const data = adoption.containers.flatMap((one) => judgeData(one, facts, plan, options))
  return { refusals: [...judgeFolders(adoption, facts, plan), ...data], notices: notices(adoption, facts, plan, options) }
}

const givesWay = (path: string): string =>
  `${path} describes no longer what runs afterwards: it is renamed to ….before-deploy-actions, and people's \`docker compose\` in that folder finds the release's own file.`

/** Beside a live release, containers of a switched service in the project itself would share its name with the edge. */
function judgeBeside({ host, containers, current }: HostFacts, { switched }: Judged, { project }: JudgeOptions): Refusal[] {
  const own = containers.filter(
    ({ project: of, app, service, oneOff }) =>
      of === project && app === undefined && oneOff !== true && service !== undefined && switched.includes(service),
  )
  const services = [...new Set(own.map(({ service }) => service ?? ''))].sort()
  if (services.length === 0 || current === undefined) return []
  const message = `project "${project}" on ${host} runs ${services.join(', ')} once more, started by hand beside the live release`
  const hint = `\`docker compose -p ${project} rm -sf ${services.join(' ')}\` on the host removes these containers; the live release goes on serving.`
  return [refusal('DA-ADOPT-BESIDE', message, hint)]
}

/** Relative paths of data begin where the project was started, and nobody can say which of two folders has it. */
function judgeFolders(adoption: Adoption, { host }: HostFacts, { directories = [] }: Judged): Refusal[] {
  if (directories.length === 0 || directoryOf(adoption) !== undefined) return []
  const folders = [...new Set(adoption.containers.map(({ directory }) => directory))].sort()
  const message = `the containers that run on ${host} were started from several folders (${folders.join(', ')}), and the file has data at relative paths`
  return [refusal('DA-ADOPT-FOLDERS', message, 'Run `docker compose up -d` once more in the right folder, or give those paths in full.')]
}

/** A service that would find nothing where its data was: a second, empty database. */
function judgeData(one: HandContainer, { host, volumes }: HostFacts, { model }: Judged, { project }: JudgeOptions): Refusal[] {
  if (one.service === undefined || !Object.hasOwn(model.services, one.service)) return []
  const planned = serviceOf(model, one.service).volumes ?? []
  return one.mounted
    .filter(({ writable }) => writable)
    .flatMap((has) => {
      const mount = planned.find(({ target, read_only }) => target === has.target && read_only !== true)
      const wanted = mount && sourceOf(mount, project, model.volumes)
      if (wanted === undefined || wanted === has.source || volumes.some(({ name }) => name === wanted)) return []
      // Where files of the repository are mounted for writing, the plan says so.
      if (isStored(wanted)) return []
      const message = `${one.names[0]} on ${host} has its data in ${described(has)} (at ${has.target}), and this release would give "${one.service}" a new, empty ${wanted.startsWith('/') ? 'folder' : 'volume'} "${wanted}"`
      const hint = `Name what is there in the Compose file (${named(has)}), or copy the data to the new place first.`
      return [refusal('DA-ADOPT-DATA', message, hint)]
    })
}

function sourceOf({ type, source }: ComposeMount, project: string, volumes: Judged['model']['volumes']): string | undefined {
  if (source === undefined || source === '') return undefined
  if (type === 'bind') return source
  return type === 'volume' ? realName(project, source, volumes?.[source]) : undefined
}

const described = ({ type, source }: HostMount): string => `${type === 'volume' ? 'the volume' : 'the folder'} "${source}"`

const named = ({ type, source }: HostMount): string =>
  type === 'volume' ? `\`volumes\` at its end, with \`name: ${source}\` and \`external: true\`` : `\`${source}\` as the path`

function notices(adoption: Adoption, { host, composeFiles = [] }: HostFacts, plan: Judged, { project }: JudgeOptions): string[] {
  const { switched, lines } = plan
  const of = (names: readonly string[]) => adoption.containers.filter(({ service = '' }) => names.includes(service))
  const replaced = of(switched).filter(({ state }) => state === 'running')
  const kept = of(lines.filter(({ strategy }) => strategy === 'keep').map(({ service }) => service))
  const from = directoryOf(adoption)
  const oldFiles = oldFilesOf(adoption)
  return [
    `The Compose project "${project}" runs on ${host}, started by hand${from === undefined ? '' : ` in ${from}`}: this release takes it over, with its volumes and networks.`,
    ...(kept.length === 0 ? [] : [`These containers stay as they are: ${namesOf(kept)}.`]),
    ...(replaced.length === 0
      ? []
      : [`These containers serve until the new release was right beside them, then they are stopped and removed: ${namesOf(replaced)}.`]),
    ...portNotices(replaced, plan),
    ...new Set([...oldFiles.filter(({ shared }) => !shared).map(({ path }) => path), ...composeFiles].map(givesWay)),
    ...oldFiles
      .filter(({ shared }) => shared)
      .map(
        ({ path }) =>
          `${path} is left, because another project was started from it too: do not run \`up\` with it for "${project}" any more.`,
      ),
    ...proxiesToReload(adoption, switched).map(
      ({ names: [name] }) => `nginx looks a name up once: ${name} is reloaded at the handover (\`docker exec ${name} nginx -s reload\`).`,
    ),
  ]
}

function portNotices(replaced: readonly HandContainer[], { edge, switched }: Judged): string[] {
  const ports = [...new Set(replaced.flatMap((one) => one.ports.map(({ published }) => published)))].sort((a, b) => a - b)
  const moved = ports.filter((port) => edge.published.some(({ published }) => published === String(port)))
  const gone = ports.filter((port) => !moved.includes(port))
  return [
    ...(moved.length === 0
      ? []
      : [
          `Port ${moved.join(', ')} is handed over to the edge: nobody answers there from the stop of ${namesOf(replaced.filter((one) => one.ports.length > 0))} (requests in flight are finished, at most its grace period) until the edge has started, mostly a second or two. The run prints how long it was.`,
        ]),
    ...(gone.length === 0
      ? []
      : [`Port ${gone.join(', ')}, which ${switched.join(', ')} published, is in the file no longer: nobody answers there afterwards.`]),
  ]
}

const namesOf = (containers: readonly HandContainer[]): string => containers.map(({ names: [name = ''] }) => name).join(', ')
