import type { UploadEntry } from '@deploy-actions/hosts'
import type { Agent } from './agent.ts'

export interface BackupOptions {
  /** Undefined: the only PostgreSQL service of the live release. */
  readonly service: string | undefined
  readonly id: string | undefined
  readonly into: string | undefined
  /** Days, weeks, months. */
  readonly retention: readonly number[]
  /** Lines `SQL => result`. */
  readonly checks: readonly string[]
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
   * Does one thing, and tells of the backup that it was about: of `list` and `prune` the newest.
   * @throws UserError DA-BACKUP-…
   */
  async run(
    operation: string,
    { service, id, into, retention, checks }: BackupOptions,
  ): Promise<{ id: string; size: string; sha256: string }> {
    const options = { service: service ?? '', id: id ?? '', into: into ?? '', retention: retention.join(' ') }
    const request = Object.entries(options).map(([option, value]) => `${option}=${value}\n`)
    await this.agent.upload(
      [text('request', request.join('')), text('checks', checks.map((check) => `${check}\n`).join(''))],
      `${this.folder}/backup`,
    )
    const { fields } = await this.agent.first(`backup-do ${operation}`, 'backup-done')
    const { id: done = '', size = '', sha256 = '' } = fields
    return { id: done, size, sha256 }
  }
}

const text = (path: string, content: string): UploadEntry => ({ path, bytes: Buffer.from(content), mode: 0o600 })
