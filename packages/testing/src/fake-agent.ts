import type { SessionScript } from './fake-remote.ts'

/** Lines that the host agent says to a command, or 'lost' for a connection that dies there. */
export type AgentAnswers = Readonly<Record<string, readonly string[] | 'lost'>>

/** The command that starts the agent begins like this: the key of its session in a `FakeRemote`. */
export const agentSession = 'find "${TMPDIR:-/tmp}"'

/**
 * Plays the host agent in a `FakeRemote`: opens with `opening`, then answers each command by the longest key that it begins with.
 * `quit` ends the session, and so does an answer with a line `= settled …`. It throws on a command that it has no answer for; pings are nothing.
 */
export function playAgent(answers: AgentAnswers, opening: readonly string[] = ['= ready run=/tmp/run', '= locked']): SessionScript {
  return ({ say, onLine, exit }) => {
    const sayAll = (lines: readonly string[]) => {
      for (const line of lines) say(line)
      if (lines.some((line) => line.startsWith('= settled '))) exit(0)
    }
    onLine((line) => {
      const key = Object.keys(answers)
        .filter((start) => line.startsWith(start))
        .sort((a, b) => b.length - a.length)[0]
      const answer = key === undefined ? undefined : answers[key]
      if (answer === 'lost') exit(null)
      else if (answer !== undefined) sayAll(answer)
      else if (line === 'quit') exit(0)
      else if (line !== 'ping') throw new Error(`FakeAgent has no answer for: ${line}`)
    })
    sayAll(opening)
  }
}

/** A block as the agent sends it: `= facts`, the lines, `= end`. */
export const blockOf = (name: string, lines: readonly string[]): string[] => [`= ${name}`, ...lines.map((line) => `| ${line}`), '= end']
