import path from 'node:path'
import { prefix } from './boxes.ts'
import { buildImage, type Say, variants } from './images.ts'
import { type S3Server, startS3 } from './s3-server.ts'
import { docker, LabError, run } from './shell.ts'
import { labFolder, statePath, withLock } from './state.ts'

/** How a job ended, and what it wrote. */
export interface Ended {
  readonly code: number
  readonly log: string
}

/**
 * The jobs of an app as App Platform runs them: containers of its image, on a network with its database to which nobody else belongs. The way out of that network leads to this
 * machine alone, where a store (moto) listens.
 */
export interface AppJobs {
  readonly s3: S3Server
  /** Makes a database with an owner of the same name, who is no superuser. @returns variables of a job that backs it up; backups go below `prefix` */
  database(name: string, prefix: string): Promise<Record<string, string>>
  /** As a spec's `run_command`, with the job's variables. */
  run(command: string, variables: Readonly<Record<string, string>>): Promise<Ended>
  /** As the server's own administrator. */
  sql(database: string, query: string): Promise<string>
  /** What another container of this machine is told by the database's server. */
  fromOutside(): Promise<Ended>
  close(): Promise<void>
}

/** Of the address of a database; it has to be written with signs that a URL cannot have. */
export const DATABASE_PASSWORD = "p@ss:w%rd'"

export async function openAppJobs(say: Say = () => {}): Promise<AppJobs> {
  const { server, image } = await imagesOf(say)
  const name = `${prefix}-jobs-${process.pid}`
  await docker(['network', 'create', '--internal', '--label', 'deploy-actions.lab=1', name])
  const started = ['run', '-d', '--label', 'deploy-actions.lab=1', '--name', `${name}-db`, '--network', name, '--network-alias', 'db']
  const opened: { s3?: S3Server } = {}
  const close = async () => {
    await opened.s3?.stop()
    await run('docker', ['rm', '-f', '-v', `${name}-db`])
    await run('docker', ['network', 'rm', name])
  }
  try {
    await docker([...started, '-e', 'POSTGRES_PASSWORD=root', '--entrypoint', 'docker-entrypoint.sh', server, 'postgres'])
    opened.s3 = await startS3(await docker(['network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', name]))
    await ready(`${name}-db`)
  } catch (error) {
    await close()
    throw error
  }
  return jobsOn(name, image, { s3: opened.s3, close })
}

function jobsOn(name: string, image: string, { s3, close }: Pick<AppJobs, 's3' | 'close'>): AppJobs {
  const sql = (database: string, query: string) =>
    docker(['exec', '-i', `${name}-db`, 'psql', '-X', '-At', '-q', '-v', 'ON_ERROR_STOP=1', '-U', 'postgres', '-d', database], {
      stdin: query,
    })
  const ended = ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }): Ended => ({ code, log: `${stdout}${stderr}` })
  return {
    ...{ s3, sql, close },
    async database(database, folder) {
      await sql('postgres', `create role ${database} login createdb password '${DATABASE_PASSWORD.replaceAll("'", "''")}'`)
      await sql('postgres', `create database ${database} owner ${database}`)
      return {
        DATABASE_URL: `postgresql://${database}:${encodeURIComponent(DATABASE_PASSWORD).replaceAll("'", '%27')}@db:5432/${database}?sslmode=prefer`,
        BACKUP_APP: 'shop',
        BACKUP_S3_BUCKET: s3.inputs['s3-bucket'] ?? '',
        BACKUP_S3_ENDPOINT: s3.inputs['s3-endpoint'] ?? '',
        BACKUP_S3_PREFIX: folder,
        BACKUP_S3_ACCESS_KEY: s3.inputs['s3-access-key'] ?? '',
        BACKUP_S3_SECRET_KEY: s3.inputs['s3-secret-key'] ?? '',
      }
    },
    async run(command, variables) {
      // Names alone: docker takes the values from its own variables, where they may have several lines.
      const names = Object.keys(variables).flatMap((variable) => ['-e', variable])
      const args = ['run', '--rm', '--label', 'deploy-actions.lab=1', '--network', name, ...names, image, 'sh', '-c', command]
      return ended(await run('docker', args, { env: { ...variables }, timeoutMs: 120_000 }))
    },
    async fromOutside() {
      const address = await docker(['inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', `${name}-db`])
      return ended(await run('docker', ['run', '--rm', '--label', 'deploy-actions.lab=1', image, 'pg_isready', '-t', '3', '-h', address]))
    },
  }
}

/** The server is the same layers: so is the version of the programs. */
async function imagesOf(say: Say): Promise<{ server: string; image: string }> {
  return withLock(async () => {
    const server = await buildImage({ name: 'stack', base: variants.bookworm.base, folder: 'stack/image' }, say)
    const archive = statePath('job.tar')
    const example = path.join(labFolder, '../examples/app-platform-pipeline')
    const options = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--exclude=__pycache__', '-C', example]
    const made = await run('tar', ['-cf', archive, ...options, 'alembic.ini', 'migrations', 'backup'])
    if (made.code !== 0) throw new LabError(`the example cannot be packed: ${made.stderr}`)
    return { server, image: await buildImage({ name: 'job', base: server, folder: 'job', files: [archive] }, say) }
  })
}

async function ready(container: string): Promise<void> {
  const asking = `i=0; until docker exec ${container} pg_isready -q -h 127.0.0.1; do i=$((i + 1)); [ "$i" -lt 300 ] || exit 1; sleep 0.2; done`
  const { code } = await run('sh', ['-c', asking])
  if (code !== 0) throw new LabError(`PostgreSQL does not come up: ${(await run('docker', ['logs', container])).stderr.slice(-1000)}`)
}
