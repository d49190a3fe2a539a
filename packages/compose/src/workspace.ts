import { posix } from 'node:path'

/** The checked-out repository. Paths are relative to its root, with `/`, and never climb above it. In tests: a map of texts. */
export interface Workspace {
  read(path: string): Promise<Buffer | undefined>
  /** The names in a directory, without `.` and `..`. */
  list(directory: string): Promise<string[]>
  /** Links are followed; `outside` when they lead out of the workspace, undefined where nothing is. */
  stat(path: string): Promise<WorkspaceStat | undefined>
}

export interface WorkspaceStat {
  readonly kind: 'file' | 'directory' | 'outside'
  /** Where the links lead; a name of its own for each thing. */
  readonly real?: string
  /** Permission bits. */
  readonly mode: number
}

/** Where `path`, written in `directory`, leads in the workspace; undefined when that is above its root. */
export function inWorkspace(directory: string, path: string): string | undefined {
  const full = posix.normalize(posix.join(directory, path)).replace(/\/$/, '')
  return full === '..' || full.startsWith('../') ? undefined : full
}
