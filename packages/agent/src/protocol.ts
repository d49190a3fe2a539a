import type { ErrorCode } from '@deploy-actions/kit'

/** One thing that the host agent said. `raw` lines belong to what was said before them: the details of a failure, or a block. */
export type Line =
  | { readonly kind: 'event'; readonly name: string; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'raw'; readonly text: string }
  | { readonly kind: 'failure'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'noise'; readonly text: string }

/**
 * Reads one line of the agent's standard output. What is not in the agent's own form (a banner of the login shell) is noise, never an error:
 * `= name key=value…` an event, `. text` progress, `| text` raw output, `! DA-CODE text` a failure.
 */
export function parseLine(line: string): Line {
  const text = line.slice(2)
  if (line.startsWith('= ')) return event(text)
  if (line.startsWith('. ')) return { kind: 'progress', text }
  if (line.startsWith('| ') || line === '|') return { kind: 'raw', text }
  const [, code, message] = /^! (DA-[A-Z0-9-]+) (.*)$/.exec(line) ?? []
  if (code !== undefined && message !== undefined) return { kind: 'failure', code: code as ErrorCode, message }
  return { kind: 'noise', text: line }
}

function event(text: string): Line {
  const [name = '', ...words] = text.split(' ')
  const fields = Object.fromEntries(
    words.filter((word) => word.indexOf('=') > 0).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  )
  return { kind: 'event', name, fields }
}
