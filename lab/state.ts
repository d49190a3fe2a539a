import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Everything the lab writes on this machine, apart from what lives in the Docker engine. */
export const labFolder = import.meta.dirname
export const stateFolder = path.join(labFolder, '.state')

export function statePath(...parts: string[]): string {
  const full = path.join(stateFolder, ...parts)
  mkdirSync(path.dirname(full), { recursive: true, mode: 0o700 })
  return full
}

/** Keys and passwords lie here too, so every file is for its owner only. */
export function remember(name: string, content: string): string {
  const file = statePath(name)
  writeFileSync(file, content, { mode: 0o600 })
  chmodSync(file, 0o600)
  return file
}

export function recall(name: string): string | undefined {
  const file = path.join(stateFolder, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

export function forgetEverything(): void {
  rmSync(stateFolder, { recursive: true, force: true })
}

/** Test files run in processes of their own and may all ask for the lab at once: one builds, the others wait. */
export async function withLock<T>(work: () => Promise<T>): Promise<T> {
  const file = statePath('lock')
  while (!tryLock(file)) await new Promise((resolve) => setTimeout(resolve, 200))
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function tryLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!ownerLives(file)) rmSync(file, { force: true })
    return false
  }
}

function ownerLives(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    // Created but not yet written: somebody is about to own it.
    if (!pid) return true
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
