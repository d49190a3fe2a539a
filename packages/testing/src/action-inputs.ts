import { fileURLToPath } from 'node:url'
import { readActions } from '@deploy-actions/build'
import { type InputSpec, type Problem, readInputs, type Values } from '@deploy-actions/kit'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The defaults of an action's action.yml, by input, as the runner fills them in. An expression such as the workflow's token has no value outside of a workflow. */
export function defaultsOf(name: string): Record<string, string> {
  const action = readActions(root).find((one) => one.name === name)
  if (action === undefined) throw new Error(`there is no action ${name}`)
  return Object.fromEntries(action.inputs.map((input) => [input.name, input.default.includes('${{') ? '' : input.default]))
}

/** What an action reads from these inputs and the defaults of its action.yml. @throws as `readInputs` */
export function inputsOf<S extends InputSpec>(
  action: string,
  spec: S,
  given: Readonly<Record<string, string>>,
  check: (values: Partial<Values<S>>) => readonly Problem[] = () => [],
): Values<S> {
  const texts = { ...defaultsOf(action), ...given }
  return readInputs(spec, (name) => texts[name] ?? '', { check })
}
