import { prefix } from './boxes.ts'
import { currentCaddy } from './golang.ts'
import { buildImage, type Say, variants } from './images.ts'
import { hasManifest } from './oci.ts'
import { docker } from './shell.ts'

/** Builds a Caddy image and pushes it to the open registry; returns the name by which a box pulls it. */
export async function ensureEdgeImage(kind: 'debian' | 'current', registry: string, say: Say): Promise<string> {
  const files = kind === 'current' ? [await currentCaddy(say)] : []
  const built = await buildImage({ name: `caddy-${kind}`, base: variants.bookworm.base, folder: 'caddy', files }, say)
  const tag = kind === 'current' ? 'current' : '2'
  const stamp = `${tag}-${built.split(':')[1]}`
  // The stamp says that exactly this build is what the tag points at.
  if (!(await hasManifest({ address: registry }, 'caddy', stamp))) {
    say(`pushing caddy:${tag}`)
    const port = (await docker(['port', `${prefix}-registry`, '5000/tcp'])).split('\n')[0]
    for (const name of [tag, stamp]) {
      await docker(['tag', built, `${port}/caddy:${name}`])
      await docker(['push', '-q', `${port}/caddy:${name}`])
      await docker(['rmi', `${port}/caddy:${name}`])
    }
  }
  return `${registry}/caddy:${tag}`
}
