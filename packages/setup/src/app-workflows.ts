import type { AppImage, AppSpec } from './app-spec.ts'
import type { Choices } from './choices.ts'
import { imagesText } from './images-yaml.ts'
import { called, deployWorkflow, environmentInputs, type Files, guide, lastEnvironment, secretOf } from './workflows.ts'
import { yamlText } from './yaml-text.ts'

const DOCR = 'registry.digitalocean.com'

/** The workflows of an app on App Platform. @param registry `registry.digitalocean.com/acme`, or `ghcr.io` */
export function appWorkflows(choices: Choices, spec: AppSpec, registry: string | undefined): Files {
  return new Map([
    ['.github/workflows/deploy.yml', deployWorkflow(choices, pipeline(choices, spec, registry))],
    ['.github/workflows/rollback.yml', rollback(choices)],
  ])
}

function pipeline(choices: Choices, spec: AppSpec, registry: string | undefined): Record<string, unknown> {
  const host = (registry ?? spec.images[0]?.image ?? DOCR).split('/')[0] as string
  return {
    permissions: { contents: 'read', packages: 'write', deployments: 'write', actions: 'read' },
    uses: called(choices, 'pipeline-app-platform'),
    with: {
      images: imagesText(spec.images.map((image) => ({ ...withoutSpec(image), ...named(image, registry) }))),
      ...(host !== DOCR && { registry: host }),
      ...environmentInputs(choices),
      spec: spec.path,
      ...(choices.migrateTool !== undefined && { migrate: choices.migrateTool }),
    },
    secrets: { DIGITALOCEAN_TOKEN: secretOf('DIGITALOCEAN_TOKEN') },
  }
}

const withoutSpec = ({ name, context, file, port, health }: AppImage) => ({
  name,
  context,
  ...(file !== undefined && { file }),
  ...(port !== undefined && { verify: { port, ...(health !== undefined && { path: health }) } }),
})

/** The spec of DOCR has the bare repository; a push needs the registry of the account before it. */
function named({ image, name }: AppImage, registry: string | undefined): { image?: string } {
  if (image !== undefined && !image.startsWith(`${DOCR}/`)) return { image }
  if (registry === undefined || !registry.includes('/')) return {}
  return { image: `${registry}/${image?.slice(DOCR.length + 1) ?? name}` }
}

function rollback(choices: Choices): string {
  const { repository, ref } = choices.actions
  const step = {
    uses: `${repository}/rollback@${ref}`,
    with: {
      target: 'app-platform',
      'app-name': '${{ vars.APP_NAME }}',
      'digitalocean-token': secretOf('DIGITALOCEAN_TOKEN'),
      to: '${{ inputs.to }}',
      reason: '${{ inputs.reason }}',
      token: '${{ github.token }}',
      environment: '${{ inputs.environment }}',
    },
  }
  return yamlText(
    {
      name: 'Roll back',
      on: {
        workflow_dispatch: {
          inputs: {
            environment: { type: 'environment', default: lastEnvironment(choices) },
            to: { description: 'previous, -2 (two good ones back), or the id of a deployment', default: 'previous' },
            reason: { description: 'Why, for the record', required: true },
          },
        },
      },
      permissions: {},
      jobs: {
        rollback: {
          'runs-on': 'ubuntu-24.04',
          'timeout-minutes': 40,
          permissions: { deployments: 'write' },
          environment: { name: '${{ inputs.environment }}', deployment: false },
          concurrency: { group: 'deploy-${{ inputs.environment }}', queue: 'max' },
          steps: [step],
        },
      },
    },
    ['Back to an earlier deployment.', guide(choices)],
  )
}
