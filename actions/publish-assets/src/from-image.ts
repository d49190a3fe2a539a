import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Exec, UserError } from '@deploy-actions/kit'

export interface ImagePorts {
  readonly exec: Exec
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/**
 * Copies a folder out of an image, of which nothing is started, and gives it to `work`; then it is gone again.
 * @throws UserError DA-ASSETS-IMAGE with Docker's own words
 */
export async function withFolderOf<T>(image: string, path: string, work: (folder: string) => Promise<T>, ports: ImagePorts): Promise<T> {
  const { exec, env, signal } = ports
  const docker = async (what: string, args: readonly string[], options = {}): Promise<void> => {
    const { code, stderr } = await exec.run('docker', args, options)
    if (code === 0) return
    throw new UserError('DA-ASSETS-IMAGE', `Docker could not ${what}: ${stderr.trim().split('\n').at(-1)}`, {
      hint: 'Is `path` a folder in it, and may Docker on this runner pull it? For a private one, docker/login-action comes before.',
    })
  }
  await docker(`get ${image}`, ['pull', '--quiet', image], { signal })
  const temporary = await mkdtemp(join(env.RUNNER_TEMP || '/tmp', 'assets-'))
  const container = basename(temporary)
  try {
    // Named by us, and not given up half-way: a cancelled step leaves no container. It never runs, so what it would run does not matter.
    await docker(`open ${image}`, ['create', '--pull', 'never', '--name', container, '--network', 'none', '--entrypoint', '/none', image])
    await docker(`copy ${path} out of ${image}`, ['cp', `${container}:${path}/.`, temporary])
    signal.throwIfAborted()
    return await work(temporary)
  } finally {
    await exec.run('docker', ['rm', '--force', '--volumes', container])
    rmSync(temporary, { recursive: true, force: true })
  }
}
