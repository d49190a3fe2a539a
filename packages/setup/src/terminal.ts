import { createInterface } from 'node:readline/promises'
import type { Ask } from './choices.ts'

/** Asks in the terminal; undefined where nobody sits at one. */
export function terminalAsk({ stdin, stdout }: Pick<NodeJS.Process, 'stdin' | 'stdout'>): Ask | undefined {
  if (stdin.isTTY !== true) return undefined
  return async (question, fallback) => {
    const terminal = createInterface({ input: stdin, output: stdout })
    try {
      const answer = await terminal.question(`${question}${fallback === '' ? '' : ` [${fallback}]`} `)
      return answer.trim() === '' ? fallback : answer.trim()
    } finally {
      terminal.close()
    }
  }
}
