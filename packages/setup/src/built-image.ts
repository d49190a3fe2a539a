import { interpolate } from '@deploy-actions/compose'
import { imageRepository } from '@deploy-actions/release'
import type { ProjectService } from './compose-project.ts'

/** Where `image:` beside `build:` says that the image is pushed to; undefined where it says nothing, or nothing that the pipeline can push to. */
export function builtRepository(service: ProjectService): string | undefined {
  const repository = repositoryOf(service)
  return repository?.startsWith('docker.io/') ? undefined : repository
}

/** What keeps a deploy from finding the image that was built for a service; undefined where nothing does. */
export function imageProblem(service: ProjectService): string | undefined {
  const { name, image, build } = service
  if (build === undefined || image === undefined || builtRepository(service) !== undefined) return undefined
  const what = repositoryOf(service) === undefined ? 'has a variable for a name' : 'names an image of Docker Hub'
  return `${name}: \`image: ${image}\` beside \`build:\` ${what}, and the pipeline pushes to ghcr.io. Take that line out: what is built is found by the name of the service`
}

/** With the fallbacks of its variables; a tag may be without a value. */
function repositoryOf({ image = '' }: ProjectService): string | undefined {
  const filled = interpolate(image, () => undefined)
  return imageRepository('text' in filled ? filled.text : image)
}
