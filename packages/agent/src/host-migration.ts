import type { UploadEntry } from '@deploy-actions/hosts'
import type { Agent } from './agent.ts'

/** What a container for migrations is made of. */
export interface HostMigrationRequest {
  readonly tool: string
  readonly service: string
  /** By digest. */
  readonly image: string
  /** The Compose service that is the PostgreSQL server; undefined: none of the project is. */
  readonly database: string | undefined
  /** Services that have to run, in start order. */
  readonly needs: readonly string[]
  /** Folder in the container to run in; undefined: that of the image. */
  readonly directory: string | undefined
  /** The words of an entrypoint to go through. */
  readonly entrypoint: readonly string[]
  /** The container ends by itself after so long. */
  readonly seconds: number
  /** Nothing is started but the container itself. */
  readonly looks: boolean
}

/** The one-off container on a host in which migrations run. It is made by the first step, and again after a step that was stopped. */
export class HostMigration {
  private readonly agent: Agent
  private readonly folder: string
  private readonly release: string
  private isOpen = false

  /** @param folder the agent's private one @param release id under which the release was uploaded */
  constructor(agent: Agent, folder: string, release: string) {
    this.agent = agent
    this.folder = folder
    this.release = release
  }

  /** Sends what the host has to know; before any step. */
  async request({ needs, entrypoint, database, directory, looks, ...fields }: HostMigrationRequest): Promise<void> {
    const options = { ...fields, database: database ?? '-', directory: directory ?? '', looks: looks ? 'yes' : 'no' }
    const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join('')
    await this.send([
      text('request', lines(Object.entries(options).map(([option, value]) => `${option}=${value}`))),
      text('needs', lines(needs)),
      text('entrypoint', lines(entrypoint)),
    ])
  }

  /**
   * Makes the container, and starts what it needs.
   * @returns services that would have to be started first, where nothing may be
   * @throws UserError DA-MIGRATION-CONTAINER, or what a pull or a start fails with
   */
  async open(): Promise<string[]> {
    if (this.isOpen) return []
    const { name, fields } = await this.agent.first(`migration-open ${this.release}`, 'migration-open', 'migration-absent')
    if (name === 'migration-absent') return (fields.services ?? '').split(',').filter((service) => service !== '')
    this.isOpen = true
    return []
  }

  /** Runs a shell script in the container. `crossing`: a release of before could not live with what it does. */
  async run(
    script: { readonly name: string; readonly text: string },
    limitMs: number,
    crossing = false,
  ): Promise<{ code: number | 'timeout' | 'stopped'; output: string }> {
    await this.send([text(`${script.name}.sh`, script.text)])
    await this.open()
    const result = await this.agent.migrationStep(script.name, Math.max(1, Math.ceil(limitMs / 1000)), crossing)
    if (result.code === 'timeout') this.isOpen = false
    return result
  }

  /** Keeps on the host what changed, in words; undefined: nothing did, and the host need not take it for half-done. */
  async record(words: readonly string[] | undefined): Promise<void> {
    await this.send([text('record', words === undefined ? '' : `${words.map((word) => word.replace(/\s+/g, ' ') || '-').join('\t')}\n`)])
    await this.agent.ask('migration-record', 'migration-recorded')
  }

  private send(entries: readonly UploadEntry[]): Promise<void> {
    return this.agent.upload(entries, `${this.folder}/migration`)
  }
}

const text = (path: string, content: string): UploadEntry => ({ path, bytes: Buffer.from(content), mode: 0o600 })
