import { Mistake } from '@deploy-actions/kit'
import * as v from 'valibot'
import type { Check, Flow } from './check.ts'
import { checkSchema, flowSchema } from './check-schema.ts'
import type { Files } from './files.ts'
import { readCheck } from './read-check.ts'
import { namesIn } from './variables.ts'
import { isMapping } from './written.ts'
import { type Misplaced, type PlacedYaml, readPlaced } from './yaml-places.ts'

export interface ChecksRequest {
  readonly text: string
  /** What paths in checks belong to. */
  readonly base: URL
  readonly files: Files
  /** Names that `${…}` may use from the beginning. */
  readonly names: ReadonlySet<string>
}

type Path = (string | number)[]

/** The flows of a text of checks, and everything that is wrong with it. With problems the flows are not whole. */
export function readChecks({ text, base, files, names }: ChecksRequest): { flows: Flow[]; problems: Misplaced[] } {
  const yaml = readPlaced(text)
  if (Array.isArray(yaml)) return { flows: [], problems: yaml }
  const flows: Flow[] = []
  const problems: Misplaced[] = []
  const wrong = (path: Path, message: string) => void problems.push({ place: yaml.placeOf(path), message })
  if (!Array.isArray(yaml.value) || yaml.value.length === 0) {
    wrong([], 'must be a list of checks, each beginning with `- `')
    return { flows, problems }
  }
  const known = new Set(names)
  const step = (
    raw: unknown,
    path: Path,
    above: Pick<v.InferOutput<typeof flowSchema>, 'severity' | 'when'> = { severity: undefined, when: undefined },
  ) => {
    const check = readStep(raw, path, { yaml, base, files, above, wrong })
    unknownNames(raw, path, known, wrong)
    for (const { name } of check?.capture ?? []) known.add(name)
    return check
  }
  for (const [at, raw] of yaml.value.entries()) {
    if (!isMapping(raw) || !('flow' in raw)) {
      const check = step(raw, [at])
      if (check) flows.push({ name: '', steps: [check] })
      continue
    }
    const flow = v.safeParse(flowSchema, raw)
    if (!flow.success) {
      tell(flow.issues, [at], wrong)
      continue
    }
    const { flow: name, steps, ...above } = flow.output
    flows.push({ name, steps: steps.flatMap((one, number) => step(one, [at, 'steps', number], above) ?? []) })
  }
  return { flows, problems }
}

interface StepReading {
  readonly yaml: PlacedYaml
  readonly base: URL
  readonly files: Files
  readonly above: Pick<v.InferOutput<typeof flowSchema>, 'severity' | 'when'>
  readonly wrong: (path: Path, message: string) => void
}

function readStep(raw: unknown, path: Path, { yaml, base, files, above, wrong }: StepReading): Check | undefined {
  const read = v.safeParse(checkSchema, raw)
  if (!read.success) {
    tell(read.issues, path, wrong)
    return undefined
  }
  try {
    return readCheck(read.output, { base, files, ...above, at: (...inner) => yaml.placeOf([...path, ...inner]) })
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    wrong(path, error.message)
    return undefined
  }
}

/** Each issue at its place; what is wrong deep inside begins with its name. */
function tell(issues: readonly v.BaseIssue<unknown>[], path: Path, wrong: (path: Path, message: string) => void): void {
  for (const issue of issues) {
    const inner = (issue.path ?? []).map(({ key }) => key as string | number)
    const named = issue.message.startsWith('`') || issue.message.startsWith('"') || inner.length === 0
    wrong([...path, ...inner], named ? issue.message : `\`${inner.join('.')}\` ${issue.message}`)
  }
}

function unknownNames(raw: unknown, path: Path, known: ReadonlySet<string>, wrong: (path: Path, message: string) => void): void {
  for (const { name, path: inner } of namesIn(raw)) {
    if (known.has(name)) continue
    wrong(
      [...path, ...inner],
      `\`\${${name}}\` is not known here: give it in \`variables\` or \`env-keys\`, or capture it in a check above (\`$\${\` is a plain \`\${\`)`,
    )
  }
}
