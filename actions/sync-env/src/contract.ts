import { UserError } from '@deploy-actions/kit'
import type { Surroundings, TemplateKey } from './template.ts'

export interface ContractRequest extends Surroundings {
  readonly values: ReadonlyMap<string, string>
  /** Undefined: there is no template, and only emptiness is judged. */
  readonly template: readonly TemplateKey[] | undefined
  /** Keys of the step: GitHub makes a secret that does not exist empty. */
  readonly keys: readonly string[]
  readonly allowEmpty: readonly string[]
  readonly rotated: readonly string[]
  readonly unknownKeys: 'refuse' | 'allow'
}

/** What people write where a value is to be put in. */
const PLACEHOLDER =
  /^(?:<[^<>]*>|\[(?!(?:true|false|null)\])[a-z][\w -]*\]|\{\{.*\}\}|x{3,}|\*{3,}|\.{3}|your[-_ ].*|my[-_ ](?:.*[-_ ])?(?:secret|password|token|key|value)|.*[-_ ](?:here|goes-here)|(?:change|replace|fill|insert|edit)[-_ ]?(?:me|this|it|in).*|to[-_ ]?do|fixme|tbd|placeholder|dummy|example|secret|password)$/i

/**
 * Judges the values before anything is contacted: missing, empty, unknown, and the rules of the template, all together.
 * @throws UserError DA-ENV-CONTRACT with names and rules, never a value
 */
export function judgeValues(request: ContractRequest): void {
  const { template } = request
  const problems = [...emptiness(request), ...unheld(request), ...(template === undefined ? [] : againstTemplate(request, template))]
  if (problems.length === 0) return
  const hint =
    'Give what is missing under `env:` of the step and in `keys`, or correct it where it is kept. The template says what each key needs: `@optional` lets one be left out.'
  const told =
    problems.length === 1
      ? problems[0]
      : `${problems.length} things are wrong with the values:\n${problems.map((problem) => `- ${problem}`).join('\n')}`
  throw new UserError('DA-ENV-CONTRACT', told as string, { hint })
}

function emptiness({ values, keys, allowEmpty, template }: ContractRequest): string[] {
  const optional = new Set(template?.filter((key) => key.optional).map(({ name }) => name))
  const required = template?.filter((key) => !key.optional).map(({ name }) => name) ?? []
  const judged = [...new Set([...keys, ...required])].filter((name) => !optional.has(name) && !allowEmpty.includes(name))
  const empty = judged.filter((name) => values.get(name) === '')
  if (empty.length === 0) return []
  return [
    `${empty.join(', ')} ${empty.length === 1 ? 'is' : 'are'} empty. GitHub makes a secret empty that has another name, belongs to another environment, or is not for this run; a key that may be empty stands in \`allow-empty\``,
  ]
}

function unheld({ rotated, values }: ContractRequest): string[] {
  const absent = rotated.filter((name) => !values.has(name))
  return absent.length === 0 ? [] : [`\`rotated\` names ${absent.join(', ')}, which is not among the keys`]
}

function againstTemplate({ values, unknownKeys, ...about }: ContractRequest, template: readonly TemplateKey[]): string[] {
  const known = new Set(template.map(({ name }) => name))
  const missing = template.filter((key) => !key.optional && !values.has(key.name)).map(({ name }) => name)
  const unknown = unknownKeys === 'allow' ? [] : [...values.keys()].filter((name) => !known.has(name))
  return [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`not in the template: ${unknown.join(', ')}. Add them there, or set \`unknown-keys: allow\``]),
    ...template.flatMap((key) => judgeKey(key, values.get(key.name), about)),
  ]
}

function judgeKey({ name, rules, placeholderAllowed }: TemplateKey, value: string | undefined, about: Surroundings): string[] {
  if (value === undefined || value === '') return []
  const placeholder = !placeholderAllowed && PLACEHOLDER.test(value) ? ['is a placeholder'] : []
  return [...placeholder, ...rules.flatMap((rule) => rule(value, about) ?? [])].map((problem) => `${name} ${problem}`)
}
