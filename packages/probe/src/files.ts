import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Mistake } from '@deploy-actions/kit'

/** Files of the repository that the step runs in. */
export interface Files {
  /** @throws Mistake for what is not there */
  read(path: string): Buffer
  /** Folders on the way are made. @returns the whole path */
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
    write(path, text) {
      const whole = resolve(folder, path)
      mkdirSync(dirname(whole), { recursive: true })
      writeFileSync(whole, text)
      return whole
    },
  }
}
