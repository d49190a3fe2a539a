import { isRemote } from './build-failure.ts'
import { cacheArgs } from './cache.ts'
import type { BuildInputs } from './inputs.ts'
import { refOf, type Target } from './target.ts'

export interface BuildCommand {
  readonly args: readonly string[]
  /** Values of secrets: in the environment of the program, because everybody can read a command line. */
  readonly env: Readonly<Record<string, string>>
}

export interface BuildSurroundings {
  readonly inputs: BuildInputs
  readonly builder: { readonly name: string | undefined; readonly platforms: readonly string[] }
  /** Whether provenance is made. */
  readonly provenance: boolean
  /** Nothing is written into the cache. */
  readonly readOnlyCache: boolean
  /** For a private git repository as context. */
  readonly gitToken: string | undefined
  readonly metadataFile: string
  /** Of a Dockerfile that came as text. */
  readonly dockerfile: string | undefined
  /** What the image is called in the engine, when it is not pushed. */
  readonly localTag: string
}

/** The arguments of `docker` for one image. */
export function buildCommand(target: Target, about: BuildSurroundings): BuildCommand {
  const { wanted } = target
  const { inputs, builder, metadataFile, dockerfile } = about
  const secrets = secretArgs(inputs, wanted.context, about.gitToken)
  const file = dockerfile ?? wanted.file
  const args = [
    ...['buildx', 'build', '--progress', 'rawjson', '--metadata-file', metadataFile],
    ...(builder.name === undefined ? [] : ['--builder', builder.name]),
    ...(file === undefined ? [] : ['--file', file]),
    ...(wanted.target === undefined ? [] : ['--target', wanted.target]),
    ...(wanted.platforms.length === 0 ? [] : ['--platform', wanted.platforms.join(',')]),
    ...each('--build-arg', equals(wanted.buildArgs)),
    ...each('--build-context', equals(wanted.buildContexts)),
    ...each('--label', equals(target.labels)),
    ...runArgs(target),
    ...secrets.args,
    ...each('--ssh', inputs.ssh),
    ...cacheArgs(target, about),
    ...outputArgs(target, about),
    ...wanted.extraArgs,
    wanted.context,
  ]
  return { args, env: secrets.env }
}

const each = (flag: string, values: readonly string[]): string[] => values.flatMap((value) => [flag, value])
const equals = (pairs: ReadonlyMap<string, string>): string[] => [...pairs].map(([name, value]) => `${name}=${value}`)

/** How `RUN` runs. */
function runArgs({ wanted }: Target): string[] {
  return [
    ...(wanted.pull ? ['--pull'] : []),
    ...(wanted.noCache ? ['--no-cache'] : []),
    ...each('--no-cache-filter', wanted.noCacheFilters),
    ...each('--add-host', wanted.addHosts),
    ...each('--ulimit', wanted.ulimit),
    ...each('--allow', wanted.allow),
    ...(wanted.network === undefined ? [] : ['--network', wanted.network]),
    ...(wanted.shmSize === undefined ? [] : ['--shm-size', wanted.shmSize]),
    ...(wanted.cgroupParent === undefined ? [] : ['--cgroup-parent', wanted.cgroupParent]),
  ]
}

function secretArgs(inputs: BuildInputs, context: string, gitToken: string | undefined): BuildCommand {
  const env: Record<string, string> = {}
  const args = [...inputs.secrets].flatMap(([id, value], at) => {
    env[`DEPLOY_ACTIONS_SECRET_${at}`] = value
    return ['--secret', `id=${id},env=DEPLOY_ACTIONS_SECRET_${at}`]
  })
  args.push(...[...inputs.secretEnvs].flatMap(([id, name]) => ['--secret', `id=${id},env=${name}`]))
  args.push(...[...inputs.secretFiles].flatMap(([id, path]) => ['--secret', `id=${id},src=${path}`]))
  const given = [...inputs.secrets.keys(), ...inputs.secretEnvs.keys(), ...inputs.secretFiles.keys()]
  if (gitToken !== undefined && isRemote(context) && !given.some((id) => id.startsWith('GIT_AUTH_TOKEN'))) {
    env.DEPLOY_ACTIONS_GIT_TOKEN = gitToken
    args.push('--secret', 'id=GIT_AUTH_TOKEN,env=DEPLOY_ACTIONS_GIT_TOKEN')
  }
  return { args, env }
}

/** By digest only: nothing that was built has a name before it was started. */
function outputArgs(target: Target, { inputs, provenance, localTag }: BuildSurroundings): string[] {
  const { wanted } = target
  const attest = ['--provenance', provenance ? 'mode=min' : 'false', '--sbom', inputs.sbom ? 'true' : 'false']
  const more = each('--output', wanted.outputs)
  if (!inputs.push) return ['--provenance', 'false', '--output', `type=docker,name=${localTag}`, ...more]
  // An index is written for several platforms, and for one with attestations; only then it can have annotations.
  const level = wanted.platforms.length > 1 || provenance || inputs.sbom ? 'index,manifest' : 'manifest'
  const annotations = [...target.annotations].flatMap(([name, value]) => ['--annotation', `${level}:${name}=${value}`])
  const push = `type=image,name=${refOf(target)},push-by-digest=true,name-canonical=true,push=true,oci-mediatypes=true`
  return [...attest, ...annotations, '--output', push, ...more]
}
