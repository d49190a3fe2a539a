import type { Runner } from './runner.ts'
import type { Secrets } from './secrets.ts'
import type { Block, Phase } from './summary-block.ts'
import { toMarkdown } from './summary-markdown.ts'
import { toPlainText } from './summary-plain.ts'

/** What a person reads after the run: what is live, what changed, how long it took, what to do next. Texts may hold Markdown. */
export interface Summary {
  heading(text: string, level?: number): Summary
  text(text: string): Summary
  list(items: readonly string[]): Summary
  table(header: readonly string[], rows: readonly (readonly string[])[]): Summary
  code(text: string, language?: string): Summary
  /** Lines that are folded until the reader opens them. */
  details(label: string, text: string): Summary
  /** How long each phase took; times in milliseconds on one clock. */
  timeline(title: string, phases: readonly Phase[]): Summary
  /** Appends everything so far to the job summary, or prints it as plain text in a shell. Then begins anew. */
  write(): void
}

/** A summary that redacts `secrets` and goes to `runner`. */
export function createSummary(runner: Runner, secrets: Secrets): Summary {
  let blocks: Block[] = []
  const add = (block: Block) => {
    blocks.push(block)
    return summary
  }
  const summary: Summary = {
    heading: (text, level = 2) => add({ kind: 'heading', text, level }),
    text: (text) => add({ kind: 'text', text }),
    list: (items) => add({ kind: 'list', items }),
    table: (header, rows) => add({ kind: 'table', header, rows }),
    code: (text, language = '') => add({ kind: 'code', text, language }),
    details: (label, text) => add({ kind: 'details', label, text }),
    timeline: (title, phases) => add({ kind: 'timeline', title, phases }),
    write() {
      if (blocks.length === 0) return
      if (runner.kind === 'shell') runner.write(`\n${secrets.redact(toPlainText(blocks))}`)
      else runner.appendSummary(secrets.redact(toMarkdown(blocks)))
      blocks = []
    },
  }
  return summary
}
