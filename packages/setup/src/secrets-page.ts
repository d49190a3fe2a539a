import type { Choices } from './choices.ts'
import { type EnvironmentValues, ghCommands } from './github-values.ts'
import { guide } from './workflows.ts'

/** `docs/deploy-secrets.md`: names, kinds and commands, never a value that is secret. */
export function secretsPage(choices: Choices, all: readonly EnvironmentValues[]): string {
  const gate = choices.environments.at(-1)?.name
  return [
    '# Secrets and variables for deploys',
    '',
    'Each environment of GitHub ("Settings" → "Environments") has its own. Host, routes and known_hosts are variables on purpose: GitHub blackens secrets in every log, and empties outputs that contain one.',
    '',
    ...all.flatMap(({ environment, values }) => [
      `## ${environment}`,
      '',
      '| name | kind | what |',
      '| --- | --- | --- |',
      ...values.map(({ name, kind, what }) => `| \`${name}\` | ${kind} | ${what} |`),
      '',
    ]),
    '## Commands',
    '',
    'With the [GitHub CLI](https://cli.github.com/), in the top folder of this repository. What stands between `<` and `>` is yours to fill in.',
    '',
    '```sh',
    ...ghCommands(all),
    '```',
    '',
    `The required reviewers stand in the environment \`${gate}\`; let only \`${choices.branch}\` deploy there. More: <${guide(choices)}>`,
    '',
  ].join('\n')
}
