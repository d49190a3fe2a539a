import type { ComposeModel } from './compose-model.ts'
import { mapValues } from './place-paths.ts'
import { realName } from './service-names.ts'

/**
 * Base as a person's `docker compose` in the app's folder finds it. Compose hashes no field that differs here, so it recreates nothing; but networks and
 * volumes are somebody else's, so that `down` leaves the networks of the live release and `down -v` the data; and images are never pulled, so that
 * `pull && up -d` makes nothing anew that the release did not change.
 */
export function byHandModel({ networks, volumes, ...base }: ComposeModel, project: string): ComposeModel {
  const external = (all: Readonly<Record<string, { readonly name?: string } | null>>) =>
    mapValues(all, (one, key) => ({ name: realName(project, key, one), external: true }))
  return {
    ...base,
    services: mapValues(base.services, (service) => ({ ...service, pull_policy: 'never' })),
    ...(networks === undefined ? {} : { networks: external(networks) }),
    ...(volumes === undefined ? {} : { volumes: external(volumes) }),
  }
}
