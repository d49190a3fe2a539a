import { type BackupStore, openAppBucket, openStore, passwordsIn } from '@deploy-actions/backups'
import { Transport } from '@deploy-actions/digitalocean'
import { appOf, type ConnectionValues, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { backup, type OperationInputs } from './backup.ts'
import { checkManaged } from './check-managed.ts'
import { inStore } from './in-store.ts'
import { checkInputs, inputs, isInStore } from './inputs.ts'
import { report } from './report.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => checkInputs(values, run.repository, appOf(values as never, run.repository).app))
  const web = { ...world, fetch }
  const transport = new Transport({ ...web, url: given.apiUrl, token: given.digitaloceanToken ?? '' })
  if (given.operation === 'check-managed') return checkManaged(given, { ...world, transport })
  const place = appOf(given, run.repository)
  if (isInStore(given)) return inStore(given, openStore(given, place.app, web) as BackupStore, world)
  for (const password of passwordsIn(given.databaseUrl)) world.secrets.add(password)
  const request = { inputs: given as typeof given & OperationInputs, ...place, run }
  const buckets = { store: openStore(given, place.app, web), objects: openAppBucket(given, web) }
  return report(await backup(request, { ...world, ...buckets, hosts: await placesOf(given as ConnectionValues, world) }), request, world)
})
