import type { Agent, AgentFacts } from '@deploy-actions/agent'
import {
  type Adoption,
  adoptionOf,
  type CollectedFile,
  type ComposeModel,
  directoryOf,
  envFilesOf,
  findProject,
  type KeptFiles,
  namedForSwitch,
  type Refusal,
  type ReleasePlan,
  readModel,
  sameServices,
  sha256,
} from '@deploy-actions/compose'
import type { Log } from '@deploy-actions/kit'
import { formatImageReference, matchImages } from '@deploy-actions/release'
import type { DeployRequest } from './deploy-request.ts'
import { suppliedOf } from './images.ts'
import type { Source } from './source.ts'

/** The Compose project that a release belongs to, as it stands on the host. */
export interface RunningProject {
  readonly project: string
  readonly model: ComposeModel
  /** What people started of it, before the first release. */
  readonly adoption: Adoption | undefined
  /** Where its data at relative paths lies, when people started it. */
  readonly dataDirectory: string | undefined
  /** What people named with `--env-file`. */
  readonly envFiles: readonly string[] | undefined
  /** Files that stay where people put them; undefined when the live release knows. */
  readonly kept: KeptFiles | undefined
  /** Folders there that have other files besides. */
  readonly mixed: readonly string[]
  readonly refusals: readonly Refusal[]
}

/** Resolves the model: under the name and in the folder of the project that runs already, where there is one. */
export async function resolveRunning(
  request: DeployRequest,
  source: Source,
  { agent, facts, log }: { agent: Agent; facts: AgentFacts; log: Log },
): Promise<RunningProject> {
  const { current } = facts
  // The host knows it too, and where it was started, and resolves for it (72-resolve.sh).
  const expected = source.namedBy === undefined ? (current?.project ?? source.project) : source.project
  const first = await resolveModel(agent)
  const question = {
    project: expected,
    namedBy: source.namedBy,
    appGiven: request.inputs.app !== undefined,
    switched: namedForSwitch(request.inputs),
    images: referencesOf(request, first.model),
  }
  const { project, refusals } = findProject(facts, first.model, question)
  const adoption = adoptionOf(facts, project)
  const directory = adoption && directoryOf(adoption)
  // Where only another project's folder had what the file needs, the model is that project's.
  const isResolved = project === (first.startedAs ?? expected) || refusals.length > 0
  const { model, warnings } = isResolved ? first : await resolveModel(agent, { project, directory })
  for (const warning of warnings) log.warning(plainWarning(warning))
  const compared = directory === undefined ? undefined : await agent.compare(directory)
  return {
    ...{ project, model, adoption, refusals },
    dataDirectory: adoption === undefined ? current?.dataDirectory : directory === request.directory ? undefined : directory,
    envFiles: adoption === undefined ? current?.envFiles : envFilesOf(adoption),
    kept: compared && sameFiles(compared.same, source.files),
    mixed: compared?.others ?? [],
  }
}

/** Compose writes them for programs: `time="…" level=warning msg="…"`. */
function plainWarning(line: string): string {
  const [, message] = /^time="[^"]*" level=\w+ msg="((?:[^"\\]|\\.)*)"$/.exec(line) ?? []
  return message === undefined ? line : `Compose: ${message.replace(/\\(["\\])/g, '$1')}`
}

async function resolveModel(agent: Agent, as?: Parameters<Agent['resolve']>[0]) {
  const { model, ...more } = await agent.resolve(as)
  return { model: readModel(model), ...more }
}

/** Which services Compose would leave alone, asked with the very model that would be applied. */
export async function askCompose(
  { entries }: ReleasePlan,
  { adoption, project }: { adoption: Adoption; project: string },
  { agent, folder }: { agent: Agent; folder: string },
): Promise<Adoption> {
  const base = entries.find(({ path }) => path === 'base.json')
  const images = [...new Set(adoption.containers.map(({ image }) => image))].map((image) => `${image}\n`).join('')
  const file = (path: string, bytes: Buffer) => ({ path, mode: 0o600, bytes })
  await agent.upload([file('base.json', base?.bytes ?? Buffer.alloc(0)), file('images', Buffer.from(images))], `${folder}/adopt`)
  const answer = await agent.hashes(project)
  return { ...adoption, same: sameServices(adoption, answer.hashes, answer.images) }
}

function referencesOf({ inputs }: DeployRequest, { services }: ComposeModel): Map<string, string> {
  const { images } = matchImages({ supplied: suppliedOf(inputs), services })
  return new Map([...images].map(([service, { reference }]) => [service, formatImageReference(reference)]))
}

/** Files with the same bytes there. */
function sameFiles(same: readonly string[], files: readonly CollectedFile[]): KeptFiles {
  const kept = files.filter(({ path }) => same.includes(path))
  return Object.fromEntries(kept.map(({ path, bytes }) => [path, sha256(bytes)]))
}
