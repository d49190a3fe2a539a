import { openAppBucket, openStore, passwordsIn } from '@deploy-actions/backups'
import { Transport } from '@deploy-actions/digitalocean'
import { appOf, type ConnectionValues, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { backup } from './backup.ts'
import { checkManaged } from './check-managed.ts'
import { checkInputs, inputs } from './inputs.ts'
import { report } from './report.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => checkInputs(values, run.repository, appOf(values as never, run.repository).app))
  if (given.operation === 'check-managed') {
    const transport = new Transport({ ...world, fetch, url: given.apiUrl, token: given.digitaloceanToken ?? '' })
    return checkManaged(given, { ...world, transport })
  }
  for (const password of passwordsIn(given.databaseUrl)) world.secrets.add(password)
  const { operation } = given
  const request = { inputs: { ...given, operation }, ...appOf(given, run.repository), run }
  const web = { ...world, fetch }
  const buckets = { store: openStore(given, request.app, web), objects: openAppBucket(given, web) }
  return report(await backup(request, { ...world, ...buckets, hosts: await placesOf(given as ConnectionValues, world) }), request, world)
})
