import type { NamedVariable } from '@deploy-actions/compose'
import { isSecretName } from './compose-project.ts'

/** Keys that the template asks for. */
export interface TemplateKey {
  readonly name: string
  /** What stands there without a value; undefined: one is needed. */
  readonly fallback: string | undefined
  readonly made: boolean
}

/** Variables of the Compose files, and secrets that are made up; sorted, those that are needed first. */
export function templateKeys(variables: readonly NamedVariable[], generate: readonly string[]): TemplateKey[] {
  const named = variables.map(({ name, fallback }) => ({ name, fallback, made: generate.includes(name) }))
  const more = generate.filter((name) => !variables.some((variable) => variable.name === name))
  const keys = [...named, ...more.map((name) => ({ name, fallback: undefined, made: true }))]
  const needed = ({ fallback, made }: TemplateKey) => fallback === undefined || made
  return [...keys.filter(needed), ...keys.filter((key) => !needed(key))].sort(
    (a, b) => Number(needed(b)) - Number(needed(a)) || (a.name < b.name ? -1 : 1),
  )
}

/** `.env.example`, as sync-env reads it: keys that have to be there, and those that may be left out. */
export function envTemplate(keys: readonly TemplateKey[]): string {
  const needed = keys.filter(({ fallback, made }) => fallback === undefined || made)
  const others = keys.filter((key) => !needed.includes(key))
  return [
    '# What the app needs. Values stand in the secret APP_ENV of each environment, never here; sync-env refuses a deploy that lacks one.',
    '# Rules can stand above a key, such as "min-length 16" with an at sign before it: see the README of sync-env.',
    '',
    ...needed.flatMap(({ name, made }) => [...(made || isSecretName(name) ? ['# @min-length 16'] : []), `${name}=`]),
    ...(others.length === 0 ? [] : ['', '# These have a default in the Compose file.']),
    ...others.map(({ name, fallback = '' }) => `# ${name}=${/\s|#/.test(fallback) ? JSON.stringify(fallback) : fallback}`),
    '',
  ].join('\n')
}
