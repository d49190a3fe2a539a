import type { Workspace } from '@deploy-actions/compose'
import { componentsOf, deploysOnPush, imageKey, imageOf, movesBy, readSpec } from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'

/** A component of an app spec that an image is built for. */
export interface AppImage {
  readonly name: string
  /** Registry and repository, where the spec says them. */
  readonly image?: string
  readonly context: string
  readonly file?: string
  readonly port?: number
  readonly health?: string
}

export interface AppSpec {
  readonly path: string
  readonly name: string
  readonly images: readonly AppImage[]
  readonly notes: readonly string[]
}

export const SPECS = ['.do/app.yaml', '.do/app.yml', '.do/deploy.template.yaml']

/** @throws UserError DA-SPEC-INVALID, DA-SETUP-PROJECT */
export async function readAppSpec(workspace: Workspace): Promise<AppSpec> {
  for (const path of SPECS) {
    const bytes = await workspace.read(path)
    if (bytes !== undefined) return described(path, bytes.toString('utf8'))
  }
  throw new UserError('DA-SETUP-PROJECT', `the repository has no app spec: looked for ${SPECS.join(', ')}`, {
    hint: '`doctl apps spec get <id> > .do/app.yaml` writes the one that is live.',
  })
}

function described(path: string, text: string): AppSpec {
  const spec = readSpec(text, path)
  const components = componentsOf(spec).filter(({ list }) => ['services', 'workers', 'jobs'].includes(list))
  return {
    path,
    name: String(spec.name ?? ''),
    images: unique(components.map(imageOfComponent)),
    notes: components.flatMap((component) => {
      const { name } = component
      const moves = imageOf(component) === undefined ? movesBy(component) : undefined
      return [
        ...(deploysOnPush(component)
          ? [`${name} has \`deploy_on_push\`: DigitalOcean deploys what is pushed, past every gate. Take it out`]
          : []),
        ...(moves === undefined
          ? []
          : [`${name} is built by DigitalOcean from ${moves}: write \`image:\` in its place, so that it gets what was built and tested`]),
      ]
    }),
  }
}

function imageOfComponent(component: ReturnType<typeof componentsOf>[number]): AppImage {
  const { name, spec } = component
  const image = imageOf(component)
  const { source_dir: folder, dockerfile_path: file, http_port: port, health_check: health } = spec
  const path = typeof health === 'object' && health !== null && 'http_path' in health ? health.http_path : undefined
  return {
    name,
    ...(image !== undefined && { image: imageKey(image) }),
    context: typeof folder === 'string' ? folder.replace(/^\/+/, '') || '.' : '.',
    ...(typeof file === 'string' && { file }),
    ...(typeof port === 'number' && { port }),
    ...(typeof path === 'string' && { health: path }),
  }
}

/** Components that share an image get it once. */
const unique = (images: readonly AppImage[]): AppImage[] =>
  images.filter(({ image }, at) => image === undefined || images.findIndex((other) => other.image === image) === at)
