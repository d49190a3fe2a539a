import path from 'node:path'
import { prefix } from '../boxes.ts'
import { buildImage, type Say, variants } from '../images.ts'
import { registryAddress } from '../lab.ts'
import { docker, run } from '../shell.ts'
import { labFolder, statePath, withLock } from '../state.ts'
import { ensureStack, type Stack } from './stack.ts'

/** The last migration of each release of the apps in examples/. */
const releases = { v1: '1', v2: '3', v3: '4' }

export interface Migrating {
  readonly stack: Stack
  /** The image with both apps, by digest. */
  image(release: keyof typeof releases): string
}

/** Builds the apps of examples/ that migrate on the layers of the real stack, and puts them into the open registry. */
export async function ensureMigrating(say: Say = () => {}): Promise<Migrating> {
  const stack = await ensureStack(say)
  return withLock(async () => {
    const base = await buildImage({ name: 'stack', base: variants.bookworm.base, folder: 'stack/image' }, say)
    const archive = statePath('examples.tar')
    const examples = path.join(labFolder, '../examples')
    const options = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--exclude=__pycache__', '-C', examples]
    await run('tar', ['-cf', archive, ...options, 'fastapi-alembic', 'django-shop'])
    const images = new Map<string, string>()
    for (const [release, last] of Object.entries(releases)) {
      const args = { RELEASE: release.slice(1), LAST: last }
      images.set(release, await published(await buildImage({ name: 'migrating', base, folder: 'migrating', files: [archive], args }, say)))
    }
    return { stack, image: (release) => images.get(release) as string }
  })
}

async function published(built: string): Promise<string> {
  const port = (await docker(['port', `${prefix}-registry`, '5000/tcp'])).split('\n')[0]
  const name = `${port}/stack/migrating:${built.split(':')[1]}`
  await docker(['tag', built, name])
  await docker(['push', '-q', name])
  const digests = await docker(['image', 'inspect', '--format', '{{range .RepoDigests}}{{println .}}{{end}}', name])
  const digest = digests
    .split('\n')
    .find((line) => line.startsWith(`${port}/stack/migrating@`))
    ?.split('@')[1]
  await docker(['rmi', name])
  return `${registryAddress}/stack/migrating@${digest}`
}
