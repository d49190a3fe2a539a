import { messageOf, UserError } from '@deploy-actions/kit'
import { isPair, isScalar, parseAllDocuments, visit, type Document as YamlDocument } from 'yaml'
import { isObject, type Json, type JsonObject } from './json-value.ts'

/**
 * Reads an app spec: `.do/app.yaml`, JSON, or a deploy template with `spec:` around it. Fields that are texts for the API stay what is written
 * (`version: 16`, `value: 1.10`).
 *
 * @param path for messages
 * @throws UserError DA-SPEC-INVALID
 */
export function readSpec(text: string, path: string): JsonObject {
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ''), { merge: true, logLevel: 'error' }) as YamlDocument[]
  const error = documents.flatMap(({ errors }) => errors)[0]
  if (error !== undefined) throw invalid(path, error.message, error.linePos?.[0].line)
  const filled = documents.filter((document) => document.contents !== null)
  const [document, second] = filled
  if (document === undefined) throw invalid(path, 'it is empty')
  if (second !== undefined) throw invalid(path, 'it has several documents')
  keepTexts(document)
  return unwrapped(plain(document, path), path)
}

function plain(document: YamlDocument, path: string): Json {
  try {
    return withoutNulls(document.toJS() as Json)
  } catch (error) {
    throw invalid(path, messageOf(error))
  }
}

function unwrapped(value: Json, path: string): JsonObject {
  const outer = isObject(value) && isObject(value.app) && isObject(value.app.spec) ? value.app : value
  const spec = isObject(outer) && isObject(outer.spec) && outer.name === undefined ? outer.spec : outer
  if (!isObject(spec)) throw invalid(path, 'it is no app spec: an object with `name` and components is expected')
  return spec
}

/** Fields that are texts for the API, and look like a number or a boolean where people write them. `value` is one in variables, and a number in alerts. */
const TEXTS = new Set([
  ...['key', 'name', 'version', 'tag', 'digest', 'branch', 'domain', 'cluster_name', 'db_name', 'db_user', 'repository', 'registry'],
  ...['cron', 'time_zone', 'timeout', 'run_command', 'build_command', 'environment_slug', 'instance_size_slug', 'registry_credentials'],
  ...['minimum_tls_version', 'zone', 'max_age', 'certificate', 'path', 'prefix', 'exact', 'regex', 'api_key', 'token', 'user', 'password'],
  ...['source_dir', 'dockerfile_path', 'output_dir', 'http_path', 'repo', 'size', 'endpoint', 'index_name'],
])

function keepTexts(document: YamlDocument): void {
  visit(document, {
    Pair(_, { key, value }, path) {
      if (!isScalar(key) || !isScalar(value) || value.value === null || typeof value.value === 'string') return
      const ofVariable = key.value === 'value' && path.some((one) => isPair(one) && isScalar(one.key) && one.key.value === 'envs')
      if (ofVariable || TEXTS.has(String(key.value))) value.value = value.source ?? String(value.value)
    },
  })
}

/** A key without a value says nothing; the API does not take null. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.filter((one) => one !== null).map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([key, one]) => [key, withoutNulls(one)]),
  )
}

function invalid(path: string, problem: string, line?: number): UserError {
  const hint = 'The file has the form that `doctl apps spec get` writes; the reference is docs.digitalocean.com, "App Spec".'
  return new UserError('DA-SPEC-INVALID', `${path} cannot be used: ${problem}`, {
    hint,
    ...(line !== undefined && { at: { file: path, line } }),
  })
}
