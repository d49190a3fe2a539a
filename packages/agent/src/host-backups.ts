import type { UploadEntry } from '@deploy-actions/hosts'
import type { Agent } from './agent.ts'

/** A PostgreSQL that is no service of the Compose file. */
export interface DatabaseAddress {
  /** `[service:]NAME` of the variable in which the app's containers on the host have the URL. */
  readonly databaseUrlEnv?: string | undefined
  /** The same, for a live release that has no PostgreSQL service. */
  readonly databaseUrlEnvElse?: string | undefined
  /** Or the URL itself. */
  readonly databaseUrl?: string | undefined
  /** What the client is made of; undefined: PostgreSQL's own image, of the server's version. */
  readonly databaseImage?: string | undefined
}

export interface BackupOptions extends DatabaseAddress {
  /** Undefined: the only PostgreSQL service of the live release. */
  readonly service: string | undefined
  readonly id: string | undefined
  readonly into: string | undefined
  /** Days, weeks, months. */
  readonly retention: readonly number[]
  /** Lines `SQL => result`. */
  readonly checks: readonly string[]
  /** What `create` takes beside the database. */
  readonly volumes?: readonly BackupVolume[]
  /** For `schedule`: when, as systemd writes it; after how many hours without a backup it is overdue; who is told of each success. */
  readonly calendar?: string
  readonly overdueHours?: number
  readonly heartbeat?: string | undefined
}

/** A volume of the project, and the services that are paused while it is read. */
export interface BackupVolume {
  readonly volume: string
  readonly pause: readonly string[]
}

/** What came of an operation: the backup that it was about, and all that are there now. */
export interface BackupDone {
  readonly id: string
  readonly size: string
  readonly sha256: string
  /** Oldest first. */
  readonly ids: readonly string[]
  /** The PostgreSQL service that it was about, `url:` and a name for a database at an address, `-` where there is none; empty for a list of all. */
  readonly service: string
  /** Is a release live there? */
  readonly isDeployed: boolean
}

/** A file of a backup that comes from elsewhere. */
export interface IncomingFile {
  readonly file: string
  readonly size: number
  /** Its bytes, as they come. */
  readonly content: AsyncIterable<Uint8Array>
}

/** The backups that lie on a host, by way of the agent there. */
export class HostBackups {
  private readonly agent: Agent
  private readonly folder: string

  /** @param folder the agent's private one */
  constructor(agent: Agent, folder: string) {
    this.agent = agent
    this.folder = folder
  }

  /**
   * Does one thing, and tells of the backup that it was about: of `list` and `prune` the newest. `look` does nothing, and tells the service that an operation would be about.
   * @throws UserError DA-BACKUP-…
   */
  async run(operation: string, given: BackupOptions, { hasStore = false } = {}): Promise<BackupDone> {
    const { service, id, into, retention, checks, volumes = [], calendar = '', overdueHours, heartbeat, databaseUrl } = given
    const options = {
      service: service ?? '',
      id: id ?? '',
      into: into ?? '',
      retention: retention.join(' '),
      stored: hasStore ? 'yes' : '',
      calendar,
      'url-env': given.databaseUrlEnv ?? '',
      'url-env-else': given.databaseUrlEnvElse ?? '',
      image: given.databaseImage ?? '',
      overdue: overdueHours === undefined ? '' : String(overdueHours),
    }
    const request = Object.entries(options).map(([option, value]) => `${option}=${value}\n`)
    await this.agent.upload(
      [
        text('request', request.join('')),
        text('checks', checks.map((check) => `${check}\n`).join('')),
        text('heartbeat', heartbeat === undefined ? '' : `${heartbeat}\n`),
        text('database-url', databaseUrl ?? ''),
        text('volumes', volumes.map(({ volume, pause }) => `${volume} ${pause.join(',')}\n`).join('')),
      ],
      `${this.folder}/backup`,
    )
    const { fields } = await this.agent.first(`backup-do ${operation}`, 'backup-done')
    const { id: done = '', size = '', sha256 = '', ids = '', service: of = '' } = fields
    return { id: done, size, sha256, ids: listed(ids), service: of, isDeployed: fields.deployed !== 'no' }
  }

  /** What the host wrote about a backup when it was verified, letter for letter; undefined: it has no such backup. */
  async manifest(id: string): Promise<string | undefined> {
    const lines = await this.agent.block(`backup-manifest ${id}`, 'backup-manifest')
    return lines.length === 0 ? undefined : lines.map((line) => `${line}\n`).join('')
  }

  /** Is it on the host, byte for byte as it was made? */
  async isWhole(id: string): Promise<boolean> {
    return (await this.agent.first(`backup-whole ${id}`, 'backup-whole')).fields.whole === 'yes'
  }

  /** Makes room for one that comes from elsewhere: what lies there under its id gets another name. */
  async setAside(id: string): Promise<void> {
    await this.agent.first(`backup-aside ${id}`, 'backup-set-aside')
  }

  /** Which of these backups the host would keep by its rule, wherever they lie. */
  async kept(ids: readonly string[], retention: readonly number[]): Promise<string[]> {
    await this.agent.upload([text('stored', ids.map((id) => `${id}\n`).join(''))], `${this.folder}/backup`)
    return this.agent.block(`backup-kept ${retention.join(',')}`, 'backup-kept')
  }

  /**
   * Brings back a backup that the host does not have. It is there when all of its files are what the manifest says, and else nothing of it is.
   * @throws UserError DA-HOST-DISK, DA-BACKUP-BROKEN; what a source throws, and then the run has to end
   */
  async receive(id: string, manifest: string, files: readonly IncomingFile[]): Promise<void> {
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    const { fields } = await this.agent.first(`backup-receive ${id} ${bytes}`, 'backup-receive')
    const folder = fields.folder ?? ''
    await this.agent.upload([text('manifest.json', manifest)], folder)
    for (const { file, size, content } of files) await this.agent.uploadStream({ path: file, size, mode: 0o600 }, content, folder)
    await this.agent.ask(`backup-received ${id}`, 'backup-received')
  }
}

const listed = (ids: string): string[] => ids.split(',').filter((id) => id !== '')

const text = (path: string, content: string): UploadEntry => ({ path, bytes: Buffer.from(content), mode: 0o600 })
