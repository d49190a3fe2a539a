import { existsSync } from 'node:fs'
import { label, prefix } from './boxes.ts'
import { ownsDaemon, stopOwnDaemon } from './engine/engine.ts'
import type { Say } from './images.ts'
import { docker, run } from './shell.ts'
import { forgetEverything, stateFolder } from './state.ts'

/** Leaves nothing of the lab; images are a cache and go only with `purge`. */
export async function stopLab(purge: boolean, say: Say): Promise<void> {
  if ((await run('docker', ['version'])).code === 0) await removeFromEngine(purge, say)
  if (await stopOwnDaemon()) say('stopped the dockerd that the lab had started')
  if (existsSync(stateFolder)) {
    forgetEverything()
    say('removed the state: keys, compiled programs, passwords')
  }
}

async function removeFromEngine(purge: boolean, say: Say): Promise<void> {
  const containers = (await docker(['ps', '-aq', '--filter', `label=${label}`])).split('\n').filter(Boolean)
  if (containers.length > 0) {
    await docker(['rm', '-f', '-v', ...containers])
    say(`removed ${containers.length} containers with their volumes`)
  }
  if ((await run('docker', ['network', 'rm', prefix])).code === 0) say('removed the network')
  if (!purge) return
  const images = new Set((await docker(['images', '-q', '--filter', `label=${label}`])).split('\n').filter(Boolean))
  if (images.size > 0) await run('docker', ['rmi', '-f', ...images])
  // The engine's build cache cannot be told apart by label, so it goes only where the whole engine is the lab's.
  if (ownsDaemon()) await run('docker', ['builder', 'prune', '-af'])
  say(`removed ${images.size} images`)
}
