import { runAction } from '@deploy-actions/kit'
import { runDoctor } from './run-doctor.ts'
import { runInit } from './run-init.ts'
import { terminalAsk } from './terminal.ts'

// What `npx . init` and `npx . doctor` start (packages/build/src/shell.mjs), with their inputs as an action has them.

await runAction(async (world) => {
  const root = world.env.DEPLOY_ACTIONS_ROOT ?? '.'
  return process.argv[2] === 'doctor' ? runDoctor(world, root) : runInit(world, root, terminalAsk(process))
})
