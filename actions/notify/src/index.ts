import { runAction } from '@deploy-actions/kit'
import { inputs } from './inputs.ts'
import { notify } from './notify.ts'

await runAction((world) => notify(world.inputs(inputs), { ...world, fetch, patienceMs: 10_000 }))
