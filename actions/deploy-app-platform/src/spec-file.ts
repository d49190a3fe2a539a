import { type JsonObject, plainSecretsOf, readSpec, substitute } from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'
import type { DeployPorts } from './deploy-request.ts'
import type { DeployInputs } from './inputs.ts'

/** What the repository and the step give. */
export interface Given {
  /** Undefined: the live spec is all there is. */
  readonly file: JsonObject | undefined
  /** Values of `env`. */
  readonly values: ReadonlyMap<string, string>
}

/** Values that are everyday words are no masks: GitHub would empty every job output with them. */
const LONG_ENOUGH_TO_MASK = 8

/** Reads the spec file and fills in the values of `env`. @throws UserError DA-ENV-KEY-MISSING, DA-SPEC-FILE-MISSING, DA-SPEC-INVALID, DA-SPEC-UNSET */
export async function readGiven({ spec: path, env: names }: Pick<DeployInputs, 'spec' | 'env'>, ports: DeployPorts): Promise<Given> {
  const values = valuesOf(names, ports)
  if (path === undefined) return { file: undefined, values }
  const { spec, unused } = substitute(readSpec(await textOf(path, ports), path), values, path)
  // Names that only the migration's job needs stand in no file.
  if (unused.length > 0) ports.log.info(`Nothing in ${path} asks for ${unused.join(', ')}`)
  for (const secret of plainSecretsOf(spec)) {
    if (secret.length >= LONG_ENOUGH_TO_MASK) ports.secrets.add(secret)
    ports.secrets.suspect(secret)
  }
  return { file: spec, values }
}

function valuesOf(names: readonly string[], { env, secrets }: DeployPorts): Map<string, string> {
  const missing = names.filter((name) => env[name] === undefined || env[name] === '')
  if (missing.length > 0) {
    throw new UserError('DA-ENV-KEY-MISSING', `\`env\` names ${missing.join(', ')}, which this step does not have, or has empty`, {
      hint: 'Add each under `env:` of the step, such as `SECRET_KEY: ${{ secrets.SECRET_KEY }}`. GitHub makes a secret empty that does not exist.',
    })
  }
  const values = new Map(names.map((name) => [name, env[name] as string]))
  for (const value of values.values()) secrets.suspect(value)
  return values
}

async function textOf(path: string, { workspace }: DeployPorts): Promise<string> {
  const found = await workspace.stat(path)
  const bytes = found?.kind === 'file' ? await workspace.read(path) : undefined
  if (bytes !== undefined) return bytes.toString('utf8')
  const hint = 'Run actions/checkout before this step, and write the path from the top of the repository.'
  throw new UserError('DA-SPEC-FILE-MISSING', `the repository has no file ${path}`, { hint })
}
