import { ApiRefusal, type App, type JsonObject, specRefused, textOf, UnknownResult } from '@deploy-actions/digitalocean'
import type { DeployPorts } from './deploy-request.ts'
import { nameTaken } from './plan.ts'

/** Clocks of a runner and of the API differ. */
const SKEW_MS = 120_000

/**
 * Makes an app. Its name is unique, so one that was made although nobody heard of it is found by it, and none is made twice.
 * @throws UserError DA-APP-NAME-TAKEN, DA-APP-SPEC-INVALID
 */
export async function createApp(spec: JsonObject, projectId: string | undefined, ports: DeployPorts): Promise<App> {
  const { apps, clock, log, signal } = ports
  const name = textOf(spec.name)
  const since = clock.now() - SKEW_MS
  const ours = async () => {
    const found = (await apps.list()).find((app) => app.spec.name === name)
    return found !== undefined && Date.parse(found.created_at ?? '') >= since ? found : undefined
  }
  try {
    return await apps.create(spec, projectId)
  } catch (error) {
    if (!(error instanceof UnknownResult)) throw explained(error, name)
    log.info(`${error.message}; looking what became of it`)
  }
  for (const seconds of [2, 4, 8]) {
    await clock.sleep(seconds * 1000, signal)
    const made = await ours()
    if (made !== undefined) return made
  }
  log.info('It was not done; sending it again')
  return apps.create(spec, projectId).catch(async (error: unknown) => {
    const made = error instanceof ApiRefusal && error.status === 409 ? await ours() : undefined
    if (made === undefined) throw explained(error, name)
    return made
  })
}

function explained(error: unknown, name: string): unknown {
  if (!(error instanceof ApiRefusal) || error.code !== 'DA-DO-REFUSED') return error
  return error.status === 409 ? nameTaken(name) : specRefused(error)
}
