import { Missing, Mistake, type Reader, type ValueOf } from './readers.ts'
import type { FilePlace, Runner } from './runner.ts'
import type { Secrets } from './secrets.ts'
import { type ErrorCode, messageOf, UserError } from './user-error.ts'

/** `ssh-key` -> `sshKey`. */
export type CamelCase<K extends string> = K extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : K

/** The inputs of an action: their names as in action.yml, each with its reader. */
export type InputSpec = Record<string, Reader<unknown>>

/** What `readInputs` gives for a spec. */
export type Values<S extends InputSpec> = { [K in keyof S & string as CamelCase<K>]: ValueOf<S[K]> }

/** Something wrong with one input or with how several fit together. */
export interface Problem {
  /** The input's name as in action.yml; of several, the one to change. */
  readonly input: string
  /** Continues the sentence "input `x` …". */
  readonly rule: string
  readonly fix?: string | undefined
  /** It was not given: how to give it is added. */
  readonly absent?: boolean
  readonly code?: ErrorCode | undefined
  /** Where it stands, when the value comes from a file of the repository. */
  readonly at?: FilePlace | undefined
}

export interface ReadOptions<S extends InputSpec> {
  /** Secret inputs are registered here before anything can go wrong. */
  readonly secrets?: Secrets
  /** Where the inputs come from, for advice; GitHub by default. */
  readonly from?: Runner['kind']
  /** Rules across inputs. Runs always; a value that could not be read is absent. */
  readonly check?: (values: Partial<Values<S>>) => readonly Problem[]
}

/**
 * Reads all inputs and reports every mistake together.
 * @param get the text of an input, '' when it is not given
 * @throws UserError DA-INPUT-INVALID, or DA-INPUT-EMPTY-UPSTREAM when that is the only kind of mistake
 */
export function readInputs<S extends InputSpec>(spec: S, get: (name: string) => string, options: ReadOptions<S> = {}): Values<S> {
  const values: Record<string, unknown> = {}
  const problems: Problem[] = []
  for (const [name, reader] of Object.entries(spec)) {
    const raw = get(name)
    if (reader.secret) options.secrets?.add(raw)
    try {
      values[camelCase(name)] = readOne(reader, raw)
    } catch (error) {
      problems.push(problemOf(name, reader, raw, error, options.from ?? 'github'))
    }
  }
  for (const problem of options.check?.(values as Partial<Values<S>>) ?? [])
    problems.push(
      problem.absent ? { ...problem, fix: howToGive(problem.input, spec[problem.input] ?? {}, options.from ?? 'github') } : problem,
    )
  if (problems.length > 0) throw inputError(problems)
  return values as Values<S>
}

/** Inputs that only some uses of an action need, and that this one was not given. One that could not be read is told already. */
export function requireInputs(values: Readonly<Record<string, unknown>>, names: readonly string[]): Problem[] {
  const absent = names.filter((name) => camelCase(name) in values && values[camelCase(name)] === undefined)
  return absent.map((input) => ({ input, rule: 'is required', absent: true }))
}

/** One error for all problems, each on its own line; its code is the problems' own when they share one. */
export function inputError(problems: readonly Problem[]): UserError {
  const codes = new Set(problems.map((problem) => problem.code ?? 'DA-INPUT-INVALID'))
  const [only] = codes
  const code = codes.size === 1 && only !== undefined ? only : 'DA-INPUT-INVALID'
  const told = problems.map((problem) => `input \`${problem.input}\` ${problem.rule}${problem.fix ? `. ${problem.fix}` : ''}`)
  const at = problems.find((problem) => problem.at !== undefined)?.at
  const options = at === undefined ? {} : { at }
  if (told.length === 1) return new UserError(code, told[0] as string, options)
  const inputs = new Set(problems.map((problem) => problem.input)).size
  const head = inputs === told.length ? `${told.length} inputs are wrong` : `there are ${told.length} mistakes`
  return new UserError(code, `${head}:\n${told.map((line) => `- ${line}`).join('\n')}`, options)
}

/** `ssh-key` -> `sshKey`. */
export function camelCase<K extends string>(name: K): CamelCase<K> {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<K>
}

class EmptyUpstream extends Mistake {}

function readOne(reader: Reader<unknown>, raw: string): unknown {
  if (reader.upstream && raw.trim() === '') {
    throw new EmptyUpstream(
      'is empty, although the workflow passed something on',
      'GitHub empties a job output that contains a masked value; it is also empty when the job that makes it was skipped or its `outputs:` name another step. Keep secrets out of image, registry and user names.',
    )
  }
  return reader.read(reader.secret ? raw : raw.trim())
}

function problemOf(name: string, reader: Reader<unknown>, raw: string, error: unknown, from: Runner['kind']): Problem {
  const told = reader.secret ? messageWithoutValues(error) : messageOf(error)
  const quoted = `"${raw.trim()}"`
  const needless = reader.secret || raw.trim() === '' || raw.includes('\n') || raw.length > 120 || told.includes(quoted)
  const shown = needless ? '' : `, got ${quoted}`
  if (error instanceof UserError && !reader.secret) return { input: name, rule: `is wrong: ${told}`, fix: error.hint, code: error.code }
  const absent = error instanceof Missing || (reader.secret && raw.trim() === '')
  const fix = absent ? howToGive(name, reader, from) : error instanceof Mistake ? error.fix : undefined
  const code = error instanceof EmptyUpstream ? 'DA-INPUT-EMPTY-UPSTREAM' : undefined
  return { input: name, rule: `${told}${shown}`, fix, code }
}

function howToGive(name: string, { secret = false }: Pick<Reader<unknown>, 'secret'>, from: Runner['kind']): string {
  if (from === 'github') return secret ? EMPTY_SECRET : 'Give it under `with:`.'
  // As the shell entry (packages/build) takes them.
  const variable = name.replaceAll('-', '_').toUpperCase()
  return secret ? `Set ${variable} in the environment, or ${variable}_FILE to the path of a file.` : `Give it as \`--${name} …\`.`
}

const EMPTY_SECRET =
  'Give it under `with:`. If it stands there: GitHub makes a secret empty that has another name, belongs to another environment, or is not for this run (a pull request from a fork).'

/** What is wrong with a secret, in words that do not repeat it. */
function messageWithoutValues(error: unknown): string {
  return error instanceof Mistake ? error.message.replace(/".*"/gs, '"***"') : 'cannot be read'
}
