import { deploymentsOf, historyOf, readingApi } from '@deploy-actions/deployments'
import { octokitApi } from '@deploy-actions/github'
import { appOf, type ConnectionValues, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { createRegistry } from '@deploy-actions/registry'
import { workflowRun } from '@deploy-actions/release'
import { check, inputs } from './inputs.ts'
import { promote } from './promote.ts'
import { report } from './report.ts'

await runAction(async (world) => {
  const { repository = '', actor, who } = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => check(values, repository || undefined))
  const api = readingApi(octokitApi({ ...world, token: given.token, url: world.env.GITHUB_API_URL ?? 'https://api.github.com' }))
  // Who runs a run again is another one than who started it first.
  const started = world.env.GITHUB_TRIGGERING_ACTOR ?? actor
  const hosts = given.host === undefined ? [] : await placesOf(given as ConnectionValues, world)
  const request = { inputs: given, repository, actor: started, hosts, who, ...appOf(given, repository) }
  const result = await promote(request, {
    ...{ ...world, deployments: deploymentsOf(api, repository), history: historyOf(api, repository) },
    registry: (logins) => createRegistry({ ...world, fetch, logins, insecure: given.insecureRegistries }),
  })
  return report(result, request, world)
})
