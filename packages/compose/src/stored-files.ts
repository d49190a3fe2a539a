import { posix } from 'node:path'
import { sha256 } from './canonical-json.ts'
import type { CollectedFile } from './collect-files.ts'

/** A file below `/opt/<app>/files/`, named by what is in it: the same bytes always stand at the same path. */
export interface StoredFile {
  /** Relative to `/opt/<app>`: `files/<sha256>/<name>`, deeper for a file of a directory. */
  readonly path: string
  readonly mode: number
  readonly bytes: Buffer
}

/** Whether a path on the host is one of these: what was uploaded is no data. */
export const isStored = (path: string): boolean => /\/files\/[0-9a-f]{64}\//.test(path)

/** Puts files and directories under names made of their content. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>()
  readonly #directory: string

  /** @param appDirectory `/opt/<app>` */
  constructor(appDirectory: string) {
    this.#directory = appDirectory
  }

  /** @returns the absolute path on the host */
  file(name: string, bytes: Buffer, mode: number): string {
    const hash = sha256(Buffer.concat([Buffer.from(header(name, mode)), bytes]))
    return this.#put(`files/${hash}/${name}`, bytes, mode)
  }

  /** @param files with paths relative to the directory; @returns the directory's absolute path on the host */
  tree(name: string, files: readonly CollectedFile[]): string {
    const lines = files.map(({ path, mode, bytes }) => `${header(path, mode)}${sha256(bytes)}\n`)
    const root = `files/${sha256(lines.sort().join(''))}/${name}`
    for (const { path, mode, bytes } of files) this.#put(`${root}/${path}`, bytes, mode)
    return posix.join(this.#directory, root)
  }

  /** By path. */
  all(): StoredFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  #put(path: string, bytes: Buffer, mode: number): string {
    this.#files.set(path, { path, mode, bytes })
    return posix.join(this.#directory, path)
  }
}

const header = (name: string, mode: number): string => `${mode.toString(8)} ${name}\n`
