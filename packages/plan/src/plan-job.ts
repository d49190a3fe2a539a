import type { AgentFacts, OpenHost } from '@deploy-actions/agent'
import {
  type ComposeModel,
  jobModel,
  neededBy,
  postgresServices,
  type Refusal,
  type ReleaseEntry,
  type StoredFile,
} from '@deploy-actions/compose'
import { nearest, UserError } from '@deploy-actions/kit'
import { formatReleaseId, matchImages } from '@deploy-actions/release'
import { remembering } from './ask-early.ts'
import type { DeployPorts, DeployRequest } from './deploy-request.ts'
import { suppliedOf } from './images.ts'
import { findImages, look, planFor, refuse } from './plan.ts'
import type { Source } from './source.ts'

/** A command that is to run in a container of a service, beside what runs. */
export interface PlannedJob {
  /** Under which the release is uploaded. */
  readonly id: string
  readonly service: string
  /** By digest. */
  readonly image: string
  /** What the live release has of that service; undefined where nothing is live, or it has none. */
  readonly liveImage: string | undefined
  /** The release directory, with `migrate.json` for the container. */
  readonly entries: readonly ReleaseEntry[]
  readonly stored: readonly StoredFile[]
  /** Services that have to run for it. */
  readonly needs: readonly string[]
  /** The Compose service that is the PostgreSQL server. */
  readonly database: string | undefined
  /** All that could be. */
  readonly databases: readonly string[]
  /** The words that the service's entrypoint has in the file. */
  readonly entrypoint: readonly string[] | undefined
  readonly facts: AgentFacts
}

export interface JobRequest {
  readonly service: string | undefined
  readonly databaseService: string | undefined
}

/** Of all that can speak against a deploy, what a container beside has to do with. Ports, the edge and the memory for a second copy are the deploy's own. */
const CONCERNS = /^DA-(SERVICE|IMAGE|VOLUME-MISSING|NETWORK-MISSING|FILE|ENV|SECRET|PROJECT|ADOPT-PROJECT|BIND|REGISTRY)/

/** Plans the release as a deploy would, and picks what a one-off container of it needs. @throws UserError with what speaks against it */
export async function planJob(
  request: DeployRequest,
  source: Source,
  host: OpenHost,
  job: JobRequest,
  ports: DeployPorts,
): Promise<PlannedJob> {
  const seen = await look(request, source, host)
  const { model } = seen.running
  const service = serviceOf(job, request, model)
  const registry: DeployPorts['registry'] = (logins) => remembering(ports.registry(logins))
  const found = await findImages(request, seen, { registry, onHost: (image) => host.agent.digestOf(image) }, [service])
  const { commit, run } = request
  const id = formatReleaseId({ at: new Date(ports.clock.now()), commit: commit?.sha, ...(run.run && { run: run.run }) })
  const plan = await planFor(request, source, seen, { id, found, hosts: 1 })
  const refusals: Refusal[] = [...seen.running.refusals, ...found.refusals, ...plan.refusals]
  refuse(refusals.filter(({ code }, at) => CONCERNS.test(code) && refusals.findIndex((one) => one.code === code) === at))

  const base = plan.entries.find(({ path }) => path === 'base.json')?.bytes.toString('utf8') ?? '{}'
  const databases = postgresServices(plan.model)
  const database = databaseOf(job, databases, Object.keys(plan.model.services))
  const runs = new Map(plan.lines.map((line) => [line.service, line.strategy]))
  const needs = [...new Set([...neededBy(plan.model, service), ...(database === undefined ? [] : [database])])]
  const migrate = { path: 'migrate.json', mode: 0o600, bytes: Buffer.from(jobModel(base, service)) }
  const entrypoint = plan.model.services[service]?.entrypoint
  return {
    ...{ id, service, database, databases, stored: plan.stored, facts: seen.facts },
    image: found.images.get(service)?.reference ?? plan.model.services[service]?.image ?? '',
    liveImage: seen.current?.images[service],
    entries: [...plan.entries, migrate],
    needs: needs.filter((name) => !['once', 'off'].includes(runs.get(name) ?? '')),
    entrypoint: Array.isArray(entrypoint) ? (entrypoint as string[]) : undefined,
  }
}

/** The one that was named, else the only one that the release brings. @throws UserError DA-MIGRATION-SERVICE */
function serviceOf({ service }: JobRequest, { inputs }: DeployRequest, model: ComposeModel): string {
  const names = Object.keys(model.services)
  if (service !== undefined) {
    if (names.includes(service)) return service
    const near = nearest(service, names)
    throw new UserError(
      'DA-MIGRATION-SERVICE',
      `the Compose file has no service "${service}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
      {
        hint: `Services of the file: ${names.join(', ')}. Those of profiles count when \`profiles\` names them.`,
      },
    )
  }
  const brought = [...matchImages({ supplied: suppliedOf(inputs), services: model.services }).images.keys()]
  const [only] = brought
  if (only !== undefined && brought.length === 1) return only
  const which = brought.length === 0 ? names : brought
  throw new UserError('DA-MIGRATION-SERVICE', 'which service has the migrations is not clear', {
    hint: `Name it in \`service\`: ${which.join(', ')}.`,
  })
}

function databaseOf({ databaseService }: JobRequest, servers: readonly string[], names: readonly string[]): string | undefined {
  if (databaseService !== undefined && !names.includes(databaseService)) {
    throw new UserError('DA-MIGRATION-SERVICE', `\`database-service\` names "${databaseService}", which the Compose file does not have`, {
      hint: `Services of the file: ${names.join(', ')}.`,
    })
  }
  return databaseService ?? (servers.length === 1 ? servers[0] : undefined)
}
