import { spawn } from 'node:child_process'
import { prefix } from '../boxes.ts'
import type { Box } from '../lab.ts'

/** A shell in the box that waits for a command: what has to happen at an instant cannot wait for `docker exec` to start. */
export interface HostShell {
  /** Runs one command, ends the shell, and returns what was written. */
  run(command: string): Promise<string>
  close(): void
}

export async function openHostShell(box: Box): Promise<HostShell> {
  const child = spawn('docker', ['exec', '-i', `${prefix}-${box.name}`, 'sh'], { stdio: ['pipe', 'pipe', 'ignore'] })
  let out = ''
  const greeted = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.startsWith('ready\n')) resolve()
    })
  })
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  child.stdin.write('echo ready\n')
  await Promise.race([greeted, closed])
  return {
    async run(command) {
      child.stdin.end(`${command}\n`)
      await closed
      return out.slice('ready\n'.length)
    },
    close: () => child.stdin.end(),
  }
}
