import { posix } from 'node:path'

/** Whether a build context is an address and no folder. */
export const isRemote = (context: string): boolean => /^[a-z+]+:\/\/|^git@/.test(context)

/** Whether a path, as it stands relative to the repository, leads out of it. */
export const isElsewhere = (path: string): boolean =>
  isRemote(path) || posix.isAbsolute(path) || posix.normalize(path).split('/')[0] === '..'
