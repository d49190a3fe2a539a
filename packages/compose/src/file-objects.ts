import { type ComposeFileObject, type ComposeModel, undoubled } from './compose-model.ts'
import { mapValues } from './place-paths.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { FileStore } from './stored-files.ts'

/** Configs or secrets whose text comes from `content:` or `environment:`, made into files. */
export type TextObjects = ReadonlyMap<string, Buffer>

/** Values of the variables that `environment:` names, as they were when the model was resolved. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The texts of all configs (`kind` configs) or secrets that are no files already, as far as a container gets them. */
export function textObjects(
  model: ComposeModel,
  kind: 'configs' | 'secrets',
  environment: Environment,
): { texts: TextObjects; refusals: Refusal[] } {
  const texts = new Map<string, Buffer>()
  const refusals: Refusal[] = []
  const used = new Set(Object.values(model.services).flatMap((service) => (service[kind] ?? []).map(({ source }) => source)))
  for (const [name, object] of Object.entries(model[kind] ?? {})) {
    if (!used.has(name)) continue // only a build has it, or nobody
    if (object.external === true) refusals.push(external(kind, name))
    if (object.content !== undefined) texts.set(name, Buffer.from(undoubled(object.content)))
    if (object.environment === undefined || object.content !== undefined) continue
    const value = environment[object.environment]
    if (value === undefined) refusals.push(unset(kind, name, object.environment))
    else texts.set(name, Buffer.from(value))
  }
  return { texts, refusals }
}

/** The same objects with `file:` in place of `content:` and `environment:`: `docker start` would not fill those in. Compose's hash does not change. */
export function asFiles(
  objects: Readonly<Record<string, ComposeFileObject>> | undefined,
  texts: TextObjects,
  pathOf: (name: string, text: Buffer) => string,
): Record<string, ComposeFileObject> {
  return mapValues(objects ?? {}, (object, name) => {
    const text = texts.get(name)
    if (text === undefined) return object
    const { content: _content, environment: _environment, ...rest } = object
    return { ...rest, file: pathOf(name, text) }
  })
}

/** Path of a text in the release directory; relative to it. */
export const textPath = (kind: 'configs' | 'secrets', name: string): string => `secrets/${name}${kind === 'configs' ? '.config' : ''}`

/** Base services keep their containers over many releases, so their texts lie beside the releases. Readable in the container by any user. */
export const storeText =
  (store: FileStore) =>
  (name: string, text: Buffer): string =>
    store.file(name, text, 0o444)

/** Compose accepts the file, and gives up when it makes the container. */
const external = (kind: string, name: string): Refusal =>
  refusal(
    'DA-SECRET-EXTERNAL',
    `${kind}.${name} is external: only Swarm has such ${kind}, Compose makes no container with one`,
    `Take it from a \`file\`, or from a variable with \`environment\`.`,
  )

const unset = (kind: string, name: string, variable: string): Refusal =>
  refusal(
    'DA-ENV-MISSING',
    `${kind}.${name} takes its text from the variable ${variable}, which is not set`,
    `Give ${variable} to the step's env and name it in \`env-keys\`.`,
  )
