import type { Workspace } from '@deploy-actions/compose'
import { codecs } from '@deploy-actions/dotenv'
import { type Log, type Secrets, UserError } from '@deploy-actions/kit'
import { openFile } from '@deploy-actions/sops'
import type { SyncEnvInputs } from './inputs.ts'

export interface SourcePorts {
  /** The step's environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly workspace: Workspace
  readonly secrets: Secrets
  readonly log: Log
}

type SourceInputs = Pick<SyncEnvInputs, 'keys' | 'values' | 'envFile' | 'envFileFormat' | 'ageKey'>

/** Values that are everyday words are no masks: GitHub would empty every job output with them. */
const LONG_ENOUGH_TO_MASK = 8

/**
 * The values to write: of `env-file`, of `values` over them, of `keys` over those.
 * @throws UserError DA-ENV-KEY-MISSING, DA-ENV-FILE-MISSING, DA-ENV-FILE-INVALID, DA-ENV-ENCRYPTED
 */
export async function gather(inputs: SourceInputs, ports: SourcePorts): Promise<Map<string, string>> {
  const stepped = valuesOfStep(inputs.keys, ports.env)
  const values = new Map([...(await valuesOfFile(inputs, ports)), ...(inputs.values ?? []), ...stepped])
  for (const value of inputs.values?.values() ?? []) if (value.length >= LONG_ENOUGH_TO_MASK) ports.secrets.add(value)
  for (const value of values.values()) ports.secrets.suspect(value)
  return values
}

function valuesOfStep(keys: readonly string[], env: SourcePorts['env']): Map<string, string> {
  const missing = keys.filter((key) => env[key] === undefined)
  if (missing.length > 0) {
    throw new UserError('DA-ENV-KEY-MISSING', `\`keys\` names ${missing.join(', ')}, which this step does not have`, {
      hint: 'Add each under `env:` of the step, such as `DATABASE_URL: ${{ secrets.DATABASE_URL }}`.',
    })
  }
  return new Map(keys.map((key) => [key, env[key] as string]))
}

/** Of the file as it is, or of what was encrypted in it: these values are secrets. */
async function valuesOfFile(inputs: SourceInputs, ports: SourcePorts): Promise<ReadonlyMap<string, string>> {
  const { envFile, ageKey = [] } = inputs
  if (envFile === undefined) return new Map()
  const bytes = await readBytes(ports.workspace, envFile)
  const opened = await openFile(bytes, ageKey, envFile)
  if (opened === undefined && ageKey.length > 0) throw notEncrypted(envFile)
  if (opened === undefined) return valuesOfText(decoded(bytes, envFile), inputs, ports)
  const values = 'values' in opened ? opened.values : valuesOfText(opened.text, inputs, ports)
  for (const value of values.values()) if (value.length >= LONG_ENOUGH_TO_MASK) ports.secrets.add(value)
  return values
}

function notEncrypted(path: string): UserError {
  return new UserError('DA-ENV-ENCRYPTED', `\`age-key\` is given, and ${path} is not encrypted`, {
    hint: 'If it holds secrets, they are in the open: encrypt it, and exchange them. Else leave `age-key` out.',
  })
}

function valuesOfText(text: string, { envFile, envFileFormat }: SourceInputs, { log }: SourcePorts): Map<string, string> {
  const asked = new Set<string>()
  const lookup = (name: string) => {
    if (name !== '') asked.add(name)
    return undefined
  }
  const values = codecs[envFileFormat].parse(text, lookup)
  const unset = [...asked].filter((name) => !values.has(name))
  if (unset.length > 0)
    log.warning(`${envFile} uses ${unset.join(', ')}, which it does not set; nothing of the runner's environment is filled in there`)
  return values
}

/** The text of a file of the repository. @throws UserError DA-ENV-FILE-MISSING, DA-ENV-FILE-INVALID */
export async function readText(workspace: Workspace, path: string): Promise<string> {
  return decoded(await readBytes(workspace, path), path)
}

async function readBytes(workspace: Workspace, path: string): Promise<Uint8Array> {
  const found = await workspace.stat(path)
  const bytes = found?.kind === 'file' ? await workspace.read(path) : undefined
  if (bytes === undefined) {
    const hint = 'Run actions/checkout before this step, and write the path from the top of the repository.'
    throw new UserError('DA-ENV-FILE-MISSING', `the repository has no file ${path}`, { hint })
  }
  return bytes
}

function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    const hint = 'Save it as UTF-8: an editor of Windows may write UTF-16 or another code.'
    throw new UserError('DA-ENV-FILE-INVALID', `${path} is not UTF-8 text`, { hint, cause })
  }
}
