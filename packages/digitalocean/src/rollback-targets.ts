import type { Deployment } from './app.ts'
import { componentsOf, imageOf } from './components.ts'
import { wasLive } from './failing-steps.ts'
import { imageKey } from './image-source.ts'
import { isObject, type JsonObject, textOf } from './json-value.ts'

/** A deployment that served once, with images that are others than those of the next newer one. */
export interface RollbackTarget {
  readonly deployment: Deployment
  readonly spec: JsonObject
}

/**
 * The releases that one could go back to, the newest first. A release is what has the same images: deployments that only changed variables are one with it,
 * and the last of them counts. Where the live images were live before already, somebody came back to them, so what lies between was left and is passed over.
 *
 * @param recent deployments, the newest first
 */
export function chooseTargets(recent: readonly Deployment[], live: Deployment): RollbackTarget[] {
  const at = recent.findIndex(({ id }) => id === live.id)
  const good = recent
    .slice(at + 1)
    .filter((one) => ['ACTIVE', 'SUPERSEDED'].includes(one.phase) && wasLive(one.progress) && isObject(one.spec))
    .map((deployment) => ({ deployment, spec: deployment.spec as JsonObject, images: imagesIn(deployment.spec as JsonObject) }))
  const own = imagesIn(live.spec ?? {})
  const cameBack = good.findLastIndex(({ images }) => images === own)
  const targets: (typeof good)[number][] = []
  for (const one of good.slice(cameBack + 1)) if (one.images !== (targets.at(-1)?.images ?? own)) targets.push(one)
  return targets.map(({ deployment, spec }) => ({ deployment, spec }))
}

/** What serves, in one text: jobs before a deploy keep the newest schema (see `imagesLike`) and do not count. */
function imagesIn(spec: JsonObject): string {
  const images = componentsOf(spec)
    .filter((component) => component.spec.kind !== 'PRE_DEPLOY')
    .map((component) => ({ name: component.name, image: imageOf(component) }))
    .flatMap(({ name, image }) => (image === undefined ? [] : [`${name}=${imageKey(image)}@${textOf(image.digest) || textOf(image.tag)}`]))
  return images.sort().join(' ')
}
