import { createHash } from 'node:crypto'
import { prefix } from '../boxes.ts'
import { buildImage, type Say, variants } from '../images.ts'
import { registryAddress } from '../lab.ts'
import { type Command, hasManifest, publishOnto } from '../oci.ts'
import { docker, LabError } from '../shell.ts'
import { recall, remember, withLock } from '../state.ts'

// The real stack: what small apps are made of, from Debian's packages, behind whatever the user has in front. lab/stack/projects has
// Compose projects of it as people run them.

export type StackImage = 'backend' | 'worker' | 'django' | 'postgres' | 'redis' | 'nginx' | 'minio'

export interface Stack {
  /** By digest, for example `image('backend', 'v2')`; the others have one version each. */
  image(name: StackImage, tag: string): string
  /** The registry and its folder, for Compose files: `${STACK}/backend:v1`. */
  address: string
}

const uvicorn = ['uvicorn', 'backend:app', '--host', '0.0.0.0', '--port', '8000', '--no-access-log']
const gunicorn = ['gunicorn', 'atlas:application', '--bind', '0.0.0.0:8000', '--workers', '2', '--threads', '8', '--keep-alive', '30']
const versions = ['v1', 'v2', 'v3', 'v4']

const images: { name: StackImage; tags: string[]; runs: Omit<Command, 'env'> }[] = [
  { name: 'backend', tags: versions, runs: { command: uvicorn, exposed: ['8000/tcp'] } },
  { name: 'worker', tags: versions, runs: { command: ['python3', 'worker.py'] } },
  { name: 'django', tags: versions, runs: { command: gunicorn, exposed: ['8000/tcp'] } },
  {
    name: 'postgres',
    tags: ['15'],
    runs: {
      entrypoint: ['docker-entrypoint.sh'],
      command: ['postgres'],
      exposed: ['5432/tcp'],
      volumes: ['/var/lib/postgresql/data'],
      stopSignal: 'SIGINT',
    },
  },
  {
    name: 'redis',
    tags: ['7'],
    runs: { command: ['redis-server', '--protected-mode', 'no', '--dir', '/data'], exposed: ['6379/tcp'], volumes: ['/data'] },
  },
  { name: 'nginx', tags: ['1.22'], runs: { command: ['nginx', '-g', 'daemon off;'], exposed: ['80/tcp'] } },
  { name: 'minio', tags: ['v1'], runs: { command: ['python3', 'objects.py'], exposed: ['9000/tcp'] } },
]

/** Builds the stack's image and puts all that is made of it into the open registry, unless it is there. The lab has to be up. */
export function ensureStack(say: Say = () => {}): Promise<Stack> {
  return withLock(async () => {
    const built = await buildImage({ name: 'stack', base: variants.bookworm.base, folder: 'stack/image' }, say)
    // What an image runs may change while the layers below stay.
    const stamp = createHash('sha256')
      .update(JSON.stringify([built, images]))
      .digest('hex')
    const known = JSON.parse(recall('stack.json') ?? '{}') as Partial<Published>
    const isThere = known.stamp === stamp && (await stillThere(known.digests))
    const digests = (isThere && known.digests) || (await publishAll(built, stamp, say))
    return {
      address: `${registryAddress}/stack`,
      image: (name, tag) => `${registryAddress}/stack/${name}@${digestOf(digests, `${name}:${tag}`)}`,
    }
  })
}

interface Published {
  /** Of the layers and of what runs on them. */
  stamp: string
  digests: Record<string, string>
}

const registry = { address: registryAddress }

async function stillThere(digests: Record<string, string> = {}): Promise<boolean> {
  const asked = images.flatMap(({ name, tags }) => tags.map((tag) => ({ name, digest: digests[`${name}:${tag}`] })))
  for (const { name, digest } of asked) {
    if (digest === undefined || !(await hasManifest(registry, `stack/${name}`, digest))) return false
  }
  return true
}

async function publishAll(built: string, stamp: string, say: Say): Promise<Record<string, string>> {
  say('publishing the images of the real stack')
  const base = { repository: 'stack/base', tag: built.split(':')[1] as string }
  if (!(await hasManifest(registry, base.repository, base.tag))) {
    const port = (await docker(['port', `${prefix}-registry`, '5000/tcp'])).split('\n')[0]
    const name = `${port}/${base.repository}:${base.tag}`
    await docker(['tag', built, name])
    await docker(['push', '-q', name])
    await docker(['rmi', name])
  }
  const digests: Record<string, string> = {}
  for (const { name, tags, runs } of images) {
    for (const tag of tags) {
      const env = tags.length > 1 ? { VERSION: tag } : {}
      digests[`${name}:${tag}`] = await publishOnto(registry, base, `stack/${name}`, tag, { ...runs, env })
    }
  }
  remember('stack.json', JSON.stringify({ stamp, digests }))
  return digests
}

function digestOf(digests: Record<string, string>, image: string): string {
  const digest = digests[image]
  if (digest === undefined) throw new LabError(`no image ${image} in the stack; there are ${Object.keys(digests).join(', ')}`)
  return digest
}
