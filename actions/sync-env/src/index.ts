import { randomBytes } from 'node:crypto'
import { nodeWorkspace } from '@deploy-actions/compose'
import { appsOf } from '@deploy-actions/digitalocean'
import { appOf, type ConnectionValues, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { appNamed, syncApp } from './app-platform.ts'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'
import { sync } from './sync.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  const ports = { ...world, fetch, workspace: nodeWorkspace(world.env.GITHUB_WORKSPACE ?? '.') }
  if (given.target === 'app-platform') return report(await syncApp(given, { ...ports, apps: appsOf(given, ports) }), appNamed(given), world)
  const request = { inputs: given, ...appOf(given, run.repository), run }
  const result = await sync(request, {
    ...ports,
    connect: () => Promise.all(placesOf(given as ConnectionValues, world).map((place) => place.connect(world.log))),
    newKey: () => randomBytes(32).toString('hex'),
  })
  return report(result, request, world)
})
