import { type Exec, type Log, prefixed, UserError } from '@deploy-actions/kit'
import type { Target } from './target.ts'
import type { WorkFolder } from './work-folder.ts'

export interface ScanPorts {
  readonly exec: Exec
  readonly env: Readonly<Record<string, string | undefined>>
  readonly work: Pick<WorkFolder, 'dockerConfig'>
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Runs the user's own judge of an image: it finds the reference in `IMAGE`, and the login where docker has it.
 * @throws UserError DA-SCAN-FAILED
 */
export async function scan({ name, wanted }: Target, reference: string, ports: ScanPorts): Promise<void> {
  if (wanted.scan === undefined) return
  const log = prefixed(ports.log, name)
  const env = { ...ports.env, IMAGE: reference, DOCKER_CONFIG: ports.work.dockerConfig }
  const options = { env, signal: ports.signal, cwd: ports.env.GITHUB_WORKSPACE ?? '.', onLine: (line: string) => log.raw([line]) }
  const { code } = await ports.exec.run('sh', ['-c', wanted.scan], options)
  if (code === 0) return log.info('the scan found nothing that it minds')
  throw new UserError('DA-SCAN-FAILED', `the scan of the image "${name}" ended with code ${code}`, {
    hint: 'The log has what it found. Rebuild on a newer base image (`pull: true`), or let the scanner ignore what you judged, with an end date.',
  })
}
