import type { Choices } from './choices.ts'
import { yamlText } from './yaml-text.ts'

/** Text of files by path from the top of the repository. */
export type Files = Map<string, string>

export const secretOf = (name: string): string => `\${{ secrets.${name} }}`

/** A reusable workflow of ours. */
export const called = ({ actions: { repository, ref } }: Choices, workflow: string): string =>
  `${repository}/.github/workflows/${workflow}.yml@${ref}`

const guide = ({ actions: { repository } }: Choices) => `https://github.com/${repository}/blob/main/docs/guide-pipelines.md`

/** Where the tests run first: nothing is built of what is red. */
function testJob({ test }: Choices): Record<string, unknown> {
  if (test === undefined) return {}
  const checkout = { uses: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1', with: { 'persist-credentials': false } }
  return {
    test: { 'runs-on': 'ubuntu-24.04', 'timeout-minutes': 30, permissions: { contents: 'read' }, steps: [checkout, { run: test }] },
  }
}

/** `.github/workflows/deploy.yml`, around a call of a pipeline. */
export function deployWorkflow(choices: Choices, pipeline: Record<string, unknown>): string {
  const [first, second] = choices.environments.map(({ name }) => name)
  const flow =
    second === undefined
      ? `every push to ${choices.branch} goes to ${first}`
      : `every push to ${choices.branch} goes to ${first}; the same build goes on to ${second}, behind its reviewers`
  const tests =
    choices.test === undefined ? ['Tests of yours belong into a job of their own before `pipeline`, with `needs: test` there.'] : []
  return yamlText(
    {
      name: 'Deploy',
      on: { push: { branches: [choices.branch] }, workflow_dispatch: {} },
      permissions: {},
      jobs: { ...testJob(choices), pipeline: { ...(choices.test !== undefined && { needs: 'test' }), ...pipeline } },
    },
    [`Build, start, deploy: ${flow}.`, ...tests, guide(choices)],
  )
}

/** What the pipelines call the environments, and the branch that the gate asks for: which one is the default branch is not known here. */
export function environmentInputs({ environments, branch }: Choices): Record<string, string> {
  const [first = '', second = ''] = environments.map(({ name }) => name)
  return {
    ...(first !== 'staging' && { staging: first }),
    ...(second !== 'production' && { production: second }),
    ...(second !== '' && { branch }),
  }
}

export const lastEnvironment = ({ environments }: Choices): string => environments.at(-1)?.name ?? 'production'

export { guide }
