import { runAction } from '@deploy-actions/kit'
import { check, inputs } from './inputs.ts'
import { publish } from './publish.ts'

await runAction((world) => publish(world.inputs(inputs, check), { ...world, fetch }))
