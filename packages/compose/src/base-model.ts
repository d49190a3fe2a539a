import type { ComposeModel, ComposeService } from './compose-model.ts'
import { asFiles } from './file-objects.ts'
import { mapValues } from './place-paths.ts'
import type { ReleaseImage } from './release-image.ts'
import { fieldsOf } from './service-changes.ts'
import { serviceHash } from './service-hash.ts'
import type { SplitRequest } from './split-request.ts'
import type { LiveService } from './strategies.ts'

/** What a switched service leaves behind in base: enough that its networks and volumes exist and references to it hold. */
const STUB = ['image', 'container_name', 'depends_on', 'links', 'networks', 'profiles', 'volumes'] as const

/**
 * The model of project `<project>`: base services exactly as the file has them (dropping a reference or adding a label would recreate them),
 * switched ones with no containers.
 */
export function baseModel(model: ComposeModel, request: SplitRequest): ComposeModel {
  const kinds = request.strategies.byService
  return {
    ...topLevel(model, request.project),
    ...objects(model, request),
    services: startable(model, request.project, (service, name) =>
      kinds.get(name)?.kind === 'switch' ? stub(service) : withRelease(service, releaseValues(name, service, request)),
    ),
  }
}

/** Services that Compose accepts without the means to build them, and with everything that they refer to. */
export function startable(
  model: ComposeModel,
  project: string,
  change: (service: ComposeService, name: string) => ComposeService,
): Record<string, ComposeService> {
  // What has no image now is off, or this is a dry run. The name is the one that Compose gives to what it builds.
  const withImages = mapValues(model.services, (service, name) =>
    change({ ...service, image: service.image ?? `${project}-${name}` }, name),
  )
  return { ...absentServices(model), ...withImages }
}

/** Services of profiles that are not active, and which others may do without: their `depends_on` stays as it is, and Compose wants to know the name. */
function absentServices({ services }: ComposeModel): Record<string, ComposeService> {
  const named = Object.values(services).flatMap(({ depends_on }) => Object.keys(depends_on ?? {}))
  const absent = [...new Set(named)].filter((name) => !Object.hasOwn(services, name))
  return Object.fromEntries(
    absent.map((name) => [name, { image: 'scratch', profiles: ['deploy-actions-absent'], deploy: { replicas: 0 } }]),
  )
}

/** For release.json: what the next run needs to tell whether a base service changed. */
export function baseRecord(model: ComposeModel, request: SplitRequest): Record<string, LiveService> {
  const base = Object.entries(model.services).filter(([name]) => request.strategies.byService.get(name)?.kind !== 'switch')
  return Object.fromEntries(
    base.map(([name, service]) => {
      const { releaseId, gitSha, sentryRelease } = releaseValues(name, service, request)
      const image = service.image === undefined ? {} : { image: service.image }
      return [
        name,
        {
          hash: serviceHash(service),
          fields: fieldsOf(service),
          ...image,
          ...(releaseId === undefined ? {} : { releaseId }),
          ...(gitSha === undefined ? {} : { gitSha }),
          ...(sentryRelease === undefined ? {} : { sentryRelease }),
        },
      ]
    }),
  )
}

/** The parts of a model beside its services, configs and secrets, without extensions (`x-…`), which have done their work. */
export function topLevel(model: ComposeModel, project: string): Omit<ComposeModel, 'services'> {
  const { services: _services, configs: _configs, secrets: _secrets, ...rest } = model
  return { ...Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith('x-'))), name: project }
}

/** A base service that can be pulled and not built; how it is built is in no hash of Compose. (`develop` is, in some versions.) */
export function runnable({ build: _build, ...service }: ComposeService): ComposeService {
  return service
}

/** Configs and secrets, all of them as files. */
export function objects(
  model: ComposeModel,
  { configTexts, secretTexts, storeText }: SplitRequest,
): Pick<ComposeModel, 'configs' | 'secrets'> {
  return {
    ...(model.configs === undefined ? {} : { configs: asFiles(model.configs, configTexts, storeText) }),
    ...(model.secrets === undefined ? {} : { secrets: asFiles(model.secrets, secretTexts, storeText) }),
  }
}

function stub(service: ComposeService): ComposeService {
  const kept = Object.fromEntries(STUB.filter((key) => service[key] !== undefined).map((key) => [key, service[key]]))
  return { ...kept, deploy: { replicas: 0 } }
}

/** By which a container knows which release it is of. */
export interface ReleaseValues {
  readonly releaseId?: string | undefined
  readonly gitSha?: string | undefined
  readonly sentryRelease?: string | undefined
}

/** Those of the live release as long as nothing else about the service changes, so that it is not recreated for them. */
function releaseValues(name: string, service: ComposeService, request: SplitRequest): ReleaseValues {
  if (!request.images.has(name)) return {}
  const live = request.live?.[name]
  if (live !== undefined && live.hash === serviceHash(service)) return live
  return newValues(request.images.get(name), request.id, request.commit)
}

/** Of a service that is made anew. An image that names its release for Sentry itself has sent source maps there under that name. */
export const newValues = (image: ReleaseImage | undefined, id: string, commit: string | undefined): ReleaseValues => ({
  releaseId: id,
  gitSha: commit,
  sentryRelease: image?.env?.includes('SENTRY_RELEASE') ? undefined : commit,
})

function withRelease(service: ComposeService, of: ReleaseValues): ComposeService {
  const values = releaseEnvironment(service, of)
  return Object.keys(values).length === 0 ? runnable(service) : { ...runnable(service), environment: { ...service.environment, ...values } }
}

/** RELEASE_ID, GIT_SHA, and by the name that Sentry's libraries read the same as SENTRY_RELEASE, unless the file sets them itself or they are not known. */
export function releaseEnvironment(service: ComposeService, { releaseId, gitSha, sentryRelease }: ReleaseValues): Record<string, string> {
  const values = Object.entries({ RELEASE_ID: releaseId, GIT_SHA: gitSha, SENTRY_RELEASE: sentryRelease })
  return Object.fromEntries(
    values.flatMap(([name, value]) => (value === undefined || service.environment?.[name] != null ? [] : [[name, value]])),
  )
}
