import { camelCase, inputError, Mistake, nearest, type Problem, UserError } from '@deploy-actions/kit'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import { type BuildInputs, type ImageInputs, imageInputs } from './inputs.ts'
import { verifyOf } from './verify-spec.ts'

/** One image as it was asked for, with its name in the build record. */
export interface WantedImage extends ImageInputs {
  readonly name: string
  /** Whether it stands in a list: then its name is a part of the image's default name. */
  readonly listed: boolean
  /** Of an image that is built several times from one commit, such as `staging`: the end of its tags, and of its name. */
  readonly variant: string | undefined
}

/** What the inputs ask for: the entries of `images`, each filled up from the inputs beside it, or the one image of these inputs. @throws UserError naming entries and lines */
export function wantedImages(inputs: BuildInputs, single: string): WantedImage[] {
  const base = Object.fromEntries(Object.keys(imageInputs).map((name) => [camelCase(name), inputs[camelCase(name) as keyof BuildInputs]]))
  if (inputs.images === undefined) return [{ ...(base as unknown as ImageInputs), name: single, listed: false, variant: undefined }]
  const counter = new LineCounter()
  const document = parseDocument(inputs.images, { lineCounter: counter })
  const [broken] = document.errors
  if (broken !== undefined) throw wrong([{ input: 'images', rule: `is no YAML: ${broken.message.split('\n')[0]}` }])
  if (!isSeq(document.contents) || document.contents.items.length === 0)
    throw wrong([{ input: 'images', rule: 'must be a list of images', fix: 'Each begins with `- name: …`.' }])
  const lineOf = (node: unknown) => counter.linePos((node as Node).range?.[0] ?? 0).line
  const problems: Problem[] = []
  const images = document.contents.items.flatMap((item) => entryOf(item, base as unknown as ImageInputs, lineOf, problems))
  const names = images.map(({ name }) => name)
  for (const name of new Set(names.filter((one, at) => names.indexOf(one) !== at)))
    problems.push({ input: 'images', rule: `has the name "${name}" twice` })
  if (problems.length > 0) throw wrong(problems)
  return images
}

type LineOf = (node: unknown) => number

function entryOf(item: unknown, base: ImageInputs, lineOf: LineOf, problems: Problem[]): WantedImage[] {
  const say = (rule: string, node: unknown, fix?: string) =>
    problems.push({ input: 'images', rule: `is wrong in line ${lineOf(node)}: ${rule}`, ...(fix !== undefined && { fix }) })
  if (!isMap(item)) {
    say('an image is a mapping with a `name`', item)
    return []
  }
  const values: Record<string, unknown> = { ...base, image: undefined }
  for (const { key, value } of item.items) readField(String(isScalar(key) ? key.value : key), value, { values, say, key })
  const name = nameOf(item)
  if (name === undefined) say('an image needs a `name` of letters, digits, `.`, `_` and `-`', item)
  const image = { ...(values as unknown as ImageInputs), name: name ?? '', listed: true, variant: undefined }
  const variants = item.get('variants')
  return variants === undefined ? [image] : variantsOf(image, variants, say)
}

/** Each variant has what the image has, and build arguments of its own over it. */
function variantsOf(image: WantedImage, variants: unknown, say: Field['say']): WantedImage[] {
  if (!isMap(variants) || variants.items.length === 0) {
    say('`variants` is a mapping of names, such as `staging: { build-args: … }`', variants)
    return []
  }
  return variants.items.map(({ key, value }) => {
    const variant = String(isScalar(key) ? key.value : key)
    const values: Record<string, unknown> = { ...image }
    if (!/^[a-z0-9][a-z0-9-]*$/.test(variant)) say(`the variant "${variant}" is no name of lower-case letters, digits and \`-\``, key)
    if (!isMap(value)) say(`the variant "${variant}" is a mapping`, key)
    else
      for (const field of value.items)
        readField(String(isScalar(field.key) ? field.key.value : field.key), field.value, { values, say, key: field.key })
    const own = values as unknown as WantedImage
    return { ...own, buildArgs: new Map([...image.buildArgs, ...own.buildArgs]), name: `${image.name}.${variant}`, variant }
  })
}

interface Field {
  readonly values: Record<string, unknown>
  readonly say: (rule: string, node: unknown, fix?: string) => void
  readonly key: unknown
}

function readField(name: string, node: unknown, { values, say, key }: Field): void {
  if (name === 'name' || name === 'variants') return
  if (!Object.hasOwn(imageInputs, name)) {
    const near = nearest(name, ['name', 'variants', ...Object.keys(imageInputs)])
    say(`there is no \`${name}\` for an image`, key, near === undefined ? undefined : `Did you mean \`${near}\`?`)
    return
  }
  try {
    const value = (node as Node | null)?.toJSON()
    const reader = imageInputs[name as keyof typeof imageInputs]
    values[camelCase(name)] = name === 'verify' ? verifyOf(value) : reader.read(textOf(value).trim())
  } catch (error) {
    if (!(error instanceof Mistake) && !(error instanceof UserError)) throw error
    say(`\`${name}\` ${error.message}`, key, error instanceof Mistake ? error.fix : error.hint)
  }
}

/** YAML's own lists and mappings in the words of the inputs: one a line. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(textOf).join('\n')
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([key, one]) => `${key}=${textOf(one)}`)
      .join('\n')
  return String(value)
}

function nameOf(item: YAMLMap): string | undefined {
  const name = item.get('name')
  const text = typeof name === 'number' ? String(name) : name
  return typeof text === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) ? text : undefined
}

const wrong = (problems: readonly Problem[]): UserError => inputError(problems)
