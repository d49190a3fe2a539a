import type { Choices } from './choices.ts'
import type { ComposeSetup } from './compose-setup.ts'
import { imagesText } from './images-yaml.ts'
import { called, deployWorkflow, environmentInputs, type Files, guide, lastEnvironment, secretOf } from './workflows.ts'
import { yamlText } from './yaml-text.ts'

/** The workflows of an app on hosts. */
export function composeWorkflows(choices: Choices, setup: ComposeSetup): Files {
  const files: Files = new Map([
    ['.github/workflows/deploy.yml', deployWorkflow(choices, pipeline(choices, setup))],
    ['.github/workflows/rollback.yml', rollback(choices)],
  ])
  if (setup.databases.length > 0) files.set('.github/workflows/backup.yml', backup(choices, setup))
  return files
}

/** What every workflow has to say of the hosts. */
const onHosts = ({ app, user }: Choices) => ({ app, ...(user !== 'root' && { user }) })

function pipeline(choices: Choices, setup: ComposeSetup): Record<string, unknown> {
  const { images, switched, health, composeFiles, envPath, migrateService } = setup
  const several = choices.environments.some(({ hosts }) => hosts.length > 1)
  return {
    permissions: { contents: 'read', packages: 'write', deployments: 'write', actions: 'read' },
    uses: called(choices, 'pipeline-compose'),
    with: {
      ...onHosts(choices),
      images: imagesText(images),
      ...environmentInputs(choices),
      ...(composeFiles !== undefined && { 'compose-file': linesOf(composeFiles) }),
      ...(switched.length > 0 && { switch: linesOf(switched) }),
      ...(health.length > 0 && { health: linesOf(health) }),
      ...(envPath !== '.env' && { 'env-path': envPath }),
      ...(setup.template !== undefined && { 'env-template': setup.template }),
      ...(choices.migrateTool !== undefined && { 'migrate-tool': choices.migrateTool, 'migrate-service': migrateService }),
      ...(several && { 'several-hosts': true }),
    },
    secrets: { DEPLOY_SSH_KEY: secretOf('DEPLOY_SSH_KEY'), ...(setup.template !== undefined && { APP_ENV: secretOf('APP_ENV') }) },
  }
}

const linesOf = (lines: readonly string[]): string => (lines.length === 1 ? (lines[0] as string) : `${lines.join('\n')}\n`)

function rollback(choices: Choices): string {
  return yamlText(
    {
      name: 'Roll back',
      on: {
        workflow_dispatch: {
          inputs: {
            environment: { type: 'environment', default: lastEnvironment(choices) },
            to: { description: 'previous, -2 (two good releases back), or a release id', default: 'previous' },
            env: { type: 'choice', options: ['restore', 'current'], default: 'restore' },
            reason: { description: 'Why, for the record', required: true },
          },
        },
      },
      permissions: {},
      jobs: {
        rollback: {
          permissions: { contents: 'read', packages: 'read', deployments: 'write' },
          uses: called(choices, 'rollback'),
          with: {
            ...onHosts(choices),
            environment: '${{ inputs.environment }}',
            to: '${{ inputs.to }}',
            env: '${{ inputs.env }}',
            reason: '${{ inputs.reason }}',
          },
          secrets: { DEPLOY_SSH_KEY: secretOf('DEPLOY_SSH_KEY') },
        },
      },
    },
    ['Back to an earlier release: images, files and environment.', guide(choices)],
  )
}

/** The environment of nightly backups: one without reviewers, for whom they would wait. */
export const backupEnvironment = (choices: Choices): string => `${lastEnvironment(choices)}-backup`

const MONTHLY = '15 4 1 * *'

function backup(choices: Choices, { databases }: ComposeSetup): string {
  return yamlText(
    {
      name: 'Back up',
      on: { schedule: [{ cron: '15 2 * * *' }, { cron: MONTHLY }], workflow_dispatch: {} },
      permissions: {},
      jobs: {
        backup: {
          uses: called(choices, 'backup'),
          with: {
            ...onHosts(choices),
            environment: backupEnvironment(choices),
            ...(databases.length > 1 && { service: databases[0] }),
            drill: `\${{ github.event.schedule == '${MONTHLY}' }}`,
          },
          secrets: { DEPLOY_SSH_KEY: secretOf('DEPLOY_SSH_KEY') },
        },
      },
    },
    [
      'Every night a verified backup, and on the first of the month a rehearsal of the restore.',
      `${backupEnvironment(choices)} has the same host as ${lastEnvironment(choices)}, and no reviewers, for whom the night would wait.`,
      guide(choices),
    ],
  )
}
