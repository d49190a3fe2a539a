import { type App, busyWith } from '@deploy-actions/digitalocean'
import type { AppPorts, AppRollback } from './app-rollback.ts'
import type { RollbackInputs } from './inputs.ts'

type Inputs = Pick<RollbackInputs, 'from'>

/** What serves, or will, in the place of the deployment that is to be left; undefined: nothing does. */
export const otherThan = ({ from }: Inputs, app: App): string | undefined =>
  from === undefined ? undefined : [app.active_deployment, busyWith(app)].find((one) => one !== undefined && one.id !== from)?.id

export const servesByNow = (deployment: string): string => `deployment ${deployment} serves by now or is on its way`

/** Somebody else's deployment stays: this run goes back to nothing. */
export function superseded(why: string, { from }: Inputs, { log }: Pick<AppPorts, 'log'>, result: AppRollback): 'superseded' {
  log.warning(`${why}, not ${from}: nothing is gone back to`)
  delete result.target
  delete result.images
  delete result.previous
  return 'superseded'
}
