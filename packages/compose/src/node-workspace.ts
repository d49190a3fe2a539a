import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Workspace } from './workspace.ts'

/** The workspace in a folder of this machine: where the consumer's repository is checked out. */
export function nodeWorkspace(root: string): Workspace {
  const full = (relative: string) => path.join(root, relative)
  return {
    read: (relative) => readFile(full(relative)).catch(absent),
    list: (directory) => readdir(full(directory)),
    async stat(relative) {
      const found = await stat(full(relative)).catch(absent)
      if (found === undefined) return undefined
      const [real, top] = await Promise.all([realpath(full(relative)), realpath(root)])
      const inside = real === top || real.startsWith(`${top}${path.sep}`)
      return { kind: !inside ? 'outside' : found.isDirectory() ? 'directory' : 'file', real, mode: found.mode & 0o777 }
    },
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (NOT_THERE.includes(error.code)) return undefined
  throw error
}

/** A link in a circle leads nowhere. */
const NOT_THERE: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG']
