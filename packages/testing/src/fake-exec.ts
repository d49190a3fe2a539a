import type { Exec, ExecOptions, ExecResult } from '@deploy-actions/kit'

/** An answer to a command: what differs from a silent success. */
export type Answer = Partial<ExecResult>

/** Answers commands by the longest of its keys that the command line begins with; throws on a command that it has no answer for. */
export class FakeExec implements Exec {
  /** The command lines that were run, arguments joined by spaces. */
  readonly ran: string[] = []
  readonly #answers: Readonly<Record<string, Answer>>

  constructor(answers: Readonly<Record<string, Answer>> = {}) {
    this.#answers = answers
  }

  async run(program: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const line = [program, ...args].join(' ')
    options.signal?.throwIfAborted()
    this.ran.push(line)
    const known = Object.keys(this.#answers).filter((start) => line.startsWith(start))
    const key = known.sort((a, b) => b.length - a.length)[0]
    if (key === undefined) throw new Error(`FakeExec has no answer for: ${line}`)
    const result = { code: 0, stdout: '', stderr: '', ...this.#answers[key] }
    for (const text of result.stdout.split('\n').filter((part) => part !== '')) options.onLine?.(text, 'stdout')
    return result
  }
}
