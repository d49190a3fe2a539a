import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { nodeWorkspace } from '@deploy-actions/compose'
import type { Run, Verdict } from '@deploy-actions/kit'
import type { Ask } from './choices.ts'
import { repositoryAt } from './git-remote.ts'
import { givenFile } from './given-file.ts'
import { SETUP_SCRIPT } from './host-script.ts'
import { init } from './init.ts'
import { initInputs, initProblems } from './init-inputs.ts'
import { nodeFolder } from './node-folder.ts'

/** `npx . init`. @param root our own repository */
export async function runInit(world: Run, root: string, ask: Ask | undefined): Promise<Verdict> {
  const values = world.inputs(initInputs, initProblems)
  const directory = resolve(values.directory)
  await init(values, {
    log: world.log,
    ask,
    random: randomBytes,
    workspace: nodeWorkspace(directory),
    folder: nodeFolder(directory),
    script: () => readFile(join(root, SETUP_SCRIPT), 'utf8'),
    about: {
      repository: await repositoryAt(directory, world.exec),
      folder: basename(directory),
      actions: await repositoryAt(root, world.exec),
      publicKey: values.publicKey === undefined ? undefined : (await givenFile('public-key', values.publicKey)).trim(),
    },
  })
  world.outputs.set('status', values.dryRun ? 'planned' : 'written')
  return 'ok'
}
