import { type Exec, type ExecOptions, type ExecResult, UserError } from '@deploy-actions/kit'
import type { WorkFolder } from './work-folder.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The docker program, with the private copy of its configuration. */
export interface Docker {
  /** Ends with whatever code. Values that nobody else may read go into `env`. */
  run(args: readonly string[], options?: Omit<ExecOptions, 'env'> & { env?: Env }): Promise<ExecResult>
  /** Its standard output, trimmed. @throws UserError DA-DOCKER when it fails */
  ask(args: readonly string[], env?: Env): Promise<string>
}

export interface DockerPorts {
  readonly exec: Exec
  readonly env: Env
  readonly work: Pick<WorkFolder, 'dockerConfig' | 'buildxConfig'>
  /** Undefined: nothing stops it, for what must not be left half-done. */
  readonly signal?: AbortSignal
}

export function dockerOf({ exec, env, work, signal }: DockerPorts): Docker {
  // BuildKit's provenance stands in the registry; nobody reads the copy in the metadata.
  const own = {
    DOCKER_CONFIG: work.dockerConfig,
    BUILDX_CONFIG: work.buildxConfig,
    BUILDX_METADATA_PROVENANCE: 'disabled',
    DOCKER_CLI_HINTS: 'false',
  }
  const run: Docker['run'] = (args, options = {}) =>
    exec.run('docker', args, { ...(signal !== undefined && { signal }), ...options, env: { ...env, ...own, ...options.env } })
  return {
    run,
    async ask(args, more = {}) {
      const { code, stdout, stderr } = await run(args, { env: more })
      if (code === 0) return stdout.trim()
      throw dockerFailed(args, stderr)
    },
  }
}

export function dockerFailed(args: readonly string[], stderr: string): UserError {
  const said = stderr.trim().split('\n').slice(-3).join(' ')
  if (/no space left on device/.test(said))
    return new UserError('DA-DISK-FULL', `the disk of the machine that starts the images is full: ${said}`, {
      hint: 'Free space there (`docker system prune`), or take a larger runner.',
    })
  if (/cannot connect to the docker daemon|is the docker daemon running|permission denied while trying to connect/i.test(said))
    return new UserError('DA-DOCKER', `no Docker engine answers here, and the images have to be started: ${said}`, {
      hint: 'Use a runner with Docker, or write `verify: off`.',
    })
  return new UserError('DA-DOCKER', `\`docker ${args.slice(0, 2).join(' ')}\` failed: ${said}`, {
    hint: 'The text behind the colon is what docker says.',
  })
}
