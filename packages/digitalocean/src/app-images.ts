import type { App, Deployment } from './app.ts'
import type { Apps } from './apps.ts'
import { componentsOf, imageOf } from './components.ts'
import { imageKey } from './image-source.ts'
import { type JsonObject, textOf } from './json-value.ts'

/** What apps run, or ran a short while ago. */
export interface AppImages {
  readonly digests: ReadonlySet<string>
  /** Tags by image, as `imageKey` writes it. */
  readonly tags: ReadonlyMap<string, ReadonlySet<string>>
}

/** The images of every app that the token sees: of its spec, of what is live or under way, and of its `count` newest deployments. */
export async function imagesOfApps(apps: Apps, count: number): Promise<AppImages> {
  const digests = new Set<string>()
  const tags = new Map<string, Set<string>>()
  for (const app of await apps.list())
    for (const spec of await specsOf(app, apps, count))
      for (const component of componentsOf(spec)) {
        const image = imageOf(component)
        if (image === undefined) continue
        const digest = textOf(image.digest)
        if (digest !== '') digests.add(digest)
        else tags.set(imageKey(image), (tags.get(imageKey(image)) ?? new Set()).add(textOf(image.tag) || 'latest'))
      }
  return { digests, tags }
}

async function specsOf(app: App, apps: Apps, count: number): Promise<JsonObject[]> {
  const shown = [app.active_deployment, app.in_progress_deployment, app.pending_deployment, app.pinned_deployment]
  const recent = count === 0 ? [] : await apps.recentDeployments(app.id, count)
  const all: (Deployment | undefined)[] = [...shown, ...recent]
  return [app.spec, ...all.map((one) => one?.spec).filter((spec) => spec !== undefined)]
}
