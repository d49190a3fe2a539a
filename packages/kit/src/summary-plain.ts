import { formatDuration } from './duration.ts'
import type { Block } from './summary-block.ts'

/** The blocks for a terminal. */
export function toPlainText(blocks: readonly Block[]): string {
  return `${blocks.map(plainOf).join('\n\n')}\n`
}

function plainOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${block.text}\n${'-'.repeat(block.text.length)}`
    case 'text':
    case 'code':
      return block.text
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n')
    case 'table':
      return columns([block.header, ...block.rows])
    case 'details':
      return `${block.label}:\n${block.text.replace(/^/gm, '  ')}`
    case 'timeline': {
      const rows = block.phases.map((phase) => [
        phase.section ?? '',
        phase.name,
        formatDuration(phase.end - phase.start),
        phase.failed ? 'failed' : '',
      ])
      return `${block.title}\n${columns(rows)}`
    }
  }
}

/** Rows of text with each column as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
