import type { Deployment, DeploymentPayload, DeploymentStatus, Deployments } from '@deploy-actions/deployments'

/** A record of ours. */
export interface OwnDeployment extends Deployment {
  readonly payload: DeploymentPayload
}

/** What an environment runs, as its records say, with what was said of it since; the newest word first. */
export interface Running extends OwnDeployment {
  readonly statuses: readonly DeploymentStatus[]
}

/**
 * The newest record of a release that came to serve, or may have. Releases that were taken back, and records that GitHub or others wrote, are passed over.
 * @param app whose records are meant, where the environment has several apps; undefined: of any
 */
export async function runningIn(environment: string, app: string | undefined, deployments: Deployments): Promise<Running | undefined> {
  const newest = await deployments.find(
    environment,
    (one): one is OwnDeployment =>
      (one.payload?.serves === true || one.payload?.unsettled === true) && (app === undefined || one.payload.app === app),
  )
  return newest && { ...newest, statuses: await deployments.statuses(newest.id) }
}
