import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { nodeWorkspace } from '@deploy-actions/compose'
import { runAction } from '@deploy-actions/kit'
import { repositoryAt } from './git-remote.ts'
import { SETUP_SCRIPT } from './host-script.ts'
import { init } from './init.ts'
import { initInputs, initProblems } from './init-inputs.ts'
import { nodeFolder } from './node-folder.ts'
import { terminalAsk } from './terminal.ts'

// What `npx . init` and `npx . doctor` start (packages/build/src/shell.mjs), with their inputs as an action has them.

await runAction(async (world) => {
  const root = world.env.DEPLOY_ACTIONS_ROOT ?? '.'
  const values = world.inputs(initInputs, initProblems)
  const directory = resolve(values.directory)
  const about = {
    repository: await repositoryAt(directory, world.exec),
    folder: basename(directory),
    actions: await repositoryAt(root, world.exec),
    publicKey: values.publicKey === undefined ? undefined : (await readFile(values.publicKey, 'utf8')).trim(),
  }
  const script = () => readFile(join(root, SETUP_SCRIPT), 'utf8')
  await init(values, {
    ...world,
    about,
    script,
    ask: terminalAsk(process),
    random: randomBytes,
    workspace: nodeWorkspace(directory),
    folder: nodeFolder(directory),
  })
  world.outputs.set('status', values.dryRun ? 'planned' : 'written')
  return 'ok'
})
