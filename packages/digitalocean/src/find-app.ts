import { UserError } from '@deploy-actions/kit'
import type { App } from './app.ts'
import type { Apps } from './apps.ts'
import { ApiRefusal } from './failures.ts'
import { textOf } from './json-value.ts'

export interface AppAddress {
  readonly appId: string | undefined
  readonly appName: string | undefined
}

/** The app that the inputs name, or undefined where there is none of that name. @throws UserError DA-APP-NOT-FOUND for an id that nothing has */
export async function findApp(apps: Apps, { appId, appName }: AppAddress): Promise<App | undefined> {
  if (appId === undefined) return (await apps.list()).find(({ spec }) => spec.name === appName)
  try {
    return await apps.get(appId)
  } catch (error) {
    if (!(error instanceof ApiRefusal && error.status === 404)) throw error
    throw notFound(`of the id ${appId}`, 'The id stands in the address of the app on the web page, and in `doctl apps list`.')
  }
}

/** The same, where it has to be there. @throws UserError DA-APP-NOT-FOUND with the names that there are */
export async function requireApp(apps: Apps, address: AppAddress): Promise<App> {
  const found = await findApp(apps, address)
  if (found !== undefined) return found
  const names = (await apps.list()).map(({ spec }) => textOf(spec.name))
  const there = names.length === 0 ? 'The token sees no apps at all: is it of the right team?' : `The token sees ${names.join(', ')}.`
  throw notFound(`of the name ${address.appName}`, `${there} \`create: true\` of deploy-app-platform makes it.`)
}

function notFound(which: string, hint: string): UserError {
  return new UserError('DA-APP-NOT-FOUND', `there is no app ${which}`, { hint })
}
