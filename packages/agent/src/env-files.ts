import { createHash } from 'node:crypto'
import type { UploadEntry } from '@deploy-actions/hosts'
import type { Agent } from './agent.ts'

/** An env file on a host, and how it is to be written. */
export interface EnvFileRequest {
  /** Absolute, or below the app's directory. */
  readonly path: string
  readonly format: string
  /** Octal, such as `600`. */
  readonly mode: string
  /** `user` or `user:group`; '' keeps the owner that the file has. */
  readonly owner: string
  /** How many of the files before stay as copies. */
  readonly keep: number
  /** Hashes are made with it: a new one for each run. */
  readonly key: string
  /** Names to look for in the running containers. */
  readonly names: readonly string[]
  /** Whether to tell which of their variables come from this file (`origins`). */
  readonly apply: boolean
}

/** What a host tells of an env file; of values only hashes (`envHash`, `containerHashes`). */
export interface EnvFileState {
  /** `owner` is user:group, and `ids` the same in numbers. Undefined: there is no such file. */
  readonly file: { readonly owner: string; readonly mode: string; readonly ids: string } | undefined
  /** A line from which on it cannot be told apart. */
  readonly odd: number | undefined
  /** Assignments in order; of two with one name the last counts. */
  readonly assignments: readonly { readonly name: string; readonly hash: string }[]
  /** Services that run. */
  readonly services: readonly string[]
  readonly has: readonly { readonly service: string; readonly name: string; readonly hash: string }[]
  /** Variables of running switched services that have the value of the file, as it is or was: `of` is the service's name in the Compose file. */
  readonly origins: readonly { readonly service: string; readonly of: string; readonly name: string }[]
}

/** What a host keeps of a key beside its value. */
export interface KeyDate {
  readonly name: string
  readonly what: 'set' | 'keep' | 'drop'
  /** No rollback brings an older value back. */
  readonly rotated: boolean
  /** After so many days without a change `release doctor` warns. */
  readonly days: number | undefined
}

/** An assignment to write: `lead` is what stands before the value on a line of its own. */
export interface EnvAssignment {
  readonly name: string
  readonly lead: string
  readonly spelling: string
}

const hashOf = (key: string, text: string): string => createHash('sha256').update(key).update(text).update(key).digest('hex')

/** The host's hash of an assignment whose value is written like this. */
export const envHash = (key: string, name: string, spelling: string): string => hashOf(key, `${name}=${spelling}`)

/** The host's hash of a container's variable: of Docker's JSON, whose escapes depend on its version. */
export function containerHashes(key: string, name: string, value: string): string[] {
  const plain = JSON.stringify(`${name}=${value}`).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  const older = plain.replace(
    /(?<!\\)((?:\\\\)*)\\([bf])/g,
    (_, before: string, letter: string) => `${before}${letter === 'b' ? '\\u0008' : '\\u000c'}`,
  )
  const forHtml = (text: string) => text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
  return [plain, older, forHtml(plain), forHtml(older)].map((text) => hashOf(key, text))
}

/** An env file on one host, by way of the agent there. */
export class HostEnvFile {
  private readonly agent: Agent
  private readonly folder: string

  /** @param folder the agent's private one */
  constructor(agent: Agent, folder: string) {
    this.agent = agent
    this.folder = folder
  }

  /** Sends what the host has to know; before the agent is asked for anything. */
  async request({ path, format, mode, owner, keep, key, names, apply }: EnvFileRequest): Promise<void> {
    const lines = Object.entries({ path, format, mode, owner, keep, apply: apply ? 'yes' : '' }).map(
      ([option, value]) => `${option}=${value}\n`,
    )
    await this.send([text('request', lines.join('')), text('key', key), text('names', names.map((name) => `${name}\n`).join(''))])
  }

  /** What is there now. @throws UserError DA-ENV-UNREADABLE */
  async look(): Promise<EnvFileState> {
    return readEnvFileState(await this.agent.block('env-look', 'env'))
  }

  /** Makes the new file beside the old one. @returns what is in it @throws UserError DA-ENV-WRITE */
  async stage(set: readonly EnvAssignment[], drop: readonly string[], dates: readonly KeyDate[]): Promise<EnvFileState> {
    const changes = [...set.map(({ name }, at) => `set\t${name}\t${at}\n`), ...drop.map((name) => `drop\t${name}\n`)]
    const files = set.flatMap(({ lead, spelling }, at) => [text(`set/${at}.name`, lead), text(`set/${at}`, spelling)])
    await this.send([text('changes', changes.join('')), datesFile(dates), ...files])
    return readEnvFileState(await this.agent.block('env-stage', 'env'))
  }

  /** Notes what is new of keys whose values stay. */
  async note(dates: readonly KeyDate[]): Promise<void> {
    await this.send([datesFile(dates)])
    await this.agent.ask('env-note', 'env-noted')
  }

  /** Puts the new file in its place: `together` with other hosts it can be taken back, and is, when this run ends without `keep`. */
  async write(how: 'alone' | 'together'): Promise<void> {
    await this.agent.ask(`env-write ${how}`, 'env-written')
  }

  /** All hosts have the new file: from here on nobody stops that any more. */
  decided(): void {
    this.agent.decided()
  }

  async keep(): Promise<void> {
    await this.agent.ask('env-keep', 'env-kept')
  }

  /** The old file stays, or comes back. */
  async undo(): Promise<void> {
    await this.agent.ask('env-undo', 'env-undone')
  }

  /** Gives a copy of the live release these lines in place of its own, by service. */
  async apply(id: string, services: ReadonlyMap<string, { readonly names: readonly string[]; readonly lines: string }>): Promise<void> {
    const files = [...services].flatMap(([service, { names, lines }]) => [
      text(`apply/${service}.env`, lines),
      text(`apply/${service}.env.names`, names.map((name) => name.replaceAll('.', '[.]')).join('|')),
    ])
    await this.send(files)
    await this.agent.ask(`env-apply ${id}`, 'env-applied')
  }

  async quit(): Promise<void> {
    await this.agent.quit()
  }

  private send(entries: readonly UploadEntry[]): Promise<void> {
    return this.agent.upload(entries, `${this.folder}/env`)
  }
}

const text = (path: string, content: string): UploadEntry => ({ path, bytes: Buffer.from(content), mode: 0o600 })

const datesFile = (dates: readonly KeyDate[]): UploadEntry =>
  text('dates', dates.map(({ name, what, rotated, days }) => `${name}\t${what}\t${rotated ? 'yes' : 'no'}\t${days ?? '-'}\n`).join(''))

/** Reads the lines of the agent's block `env`. */
export function readEnvFileState(lines: readonly string[]): EnvFileState {
  const rows = lines.map((line) => line.split('\t'))
  const all = (name: string) => rows.filter(([kind]) => kind === name).map(([, ...fields]) => fields)
  const [file] = all('file')
  const [odd] = all('odd')
  return {
    file: file && { owner: file[0] ?? '', mode: file[1] ?? '', ids: file[2] ?? '' },
    odd: odd && Number(odd[0]),
    assignments: all('key').map(([name = '', hash = '']) => ({ name, hash })),
    services: [...new Set(all('service').map(([service = '']) => service))],
    has: all('has').map(([service = '', name = '', hash = '']) => ({ service, name, hash })),
    origins: all('origin').map(([service = '', of = '', name = '']) => ({ service, of, name })),
  }
}
