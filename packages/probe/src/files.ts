import { accessSync, constants, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Mistake, UserError } from '@deploy-actions/kit'

/** Files of the repository that the step runs in. */
export interface Files {
  /** @throws Mistake for what is not there */
  read(path: string): Buffer
  /** What is known to be in the way of writing there, as words behind the path; undefined for nothing. */
  whyNotWritable(path: string): string | undefined
  /** Folders on the way are made. @returns the whole path @throws UserError DA-SMOKE-REPORT */
  write(path: string, text: string): string
}

export function filesIn(folder: string): Files {
  return {
    read(path) {
      try {
        return readFileSync(resolve(folder, path))
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        const why = code === 'ENOENT' ? 'is not there' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
        throw new Mistake(
          `the file ${path} ${why}; paths begin at the repository's folder, and a step \`actions/checkout\` has to come first`,
        )
      }
    },
    whyNotWritable(path) {
      const whole = resolve(folder, path)
      if (/[\\/]$/.test(path) || statSync(whole, { throwIfNoEntry: false })?.isDirectory()) return 'is a folder, and has to be a file'
      return inTheWay(whole)
    },
    write(path, text) {
      const whole = resolve(folder, path)
      try {
        mkdirSync(dirname(whole), { recursive: true })
        writeFileSync(whole, text)
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException
        throw new UserError('DA-SMOKE-REPORT', `the report ${path} could not be written (${code})`, { cause })
      }
      return whole
    },
  }
}

/** What there is of the path decides; the rest can be made. */
function inTheWay(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return dirname(path) === path ? undefined : inFolder(dirname(path))
  return canWrite(path) ? undefined : `cannot be written: ${path} is not open to this user`
}

function inFolder(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return inFolder(dirname(path))
  if (!found.isDirectory()) return `cannot be written: ${path} is no folder`
  return canWrite(path) ? undefined : `cannot be written: ${path} is not open to this user`
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
