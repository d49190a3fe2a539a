import type { Block, Phase } from './summary-block.ts'

/** GitHub drops a step's summary above 1 MiB as a whole; some room is left for what other parts of the step append. */
const LIMIT_BYTES = 1024 * 1024 - 64 * 1024
const CUT = '\n\n…the rest was left out: the summary would exceed what GitHub shows. The step log has everything.\n'

/** The blocks as GitHub's Markdown, cut below 1 MiB at the end of a line. */
export function toMarkdown(blocks: readonly Block[]): string {
  let written = ''
  for (const block of blocks) {
    const next = `${markdownOf(block)}\n\n`
    if (Buffer.byteLength(written) + Buffer.byteLength(next) > LIMIT_BYTES) return `${written}${cut(block, next, written)}${CUT}`
    written += next
  }
  return written
}

/** As much of a block as fits; a block with a frame (a table, a fence) is left out as a whole rather than broken. */
function cut(block: Block, next: string, written: string): string {
  if (block.kind !== 'text' && block.kind !== 'list') return ''
  const room = LIMIT_BYTES - Buffer.byteLength(written)
  const part = Buffer.from(next).subarray(0, room).toString('utf8')
  return part.slice(0, part.lastIndexOf('\n') + 1)
}

function markdownOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${block.text}`
    case 'text':
      return block.text
    case 'list':
      return block.items.map((item) => `- ${item.replaceAll('\n', '\n  ')}`).join('\n')
    case 'table':
      return [row(block.header), row(block.header.map(() => '---')), ...block.rows.map(row)].join('\n')
    case 'code':
      return fenced(block.text, block.language)
    case 'details':
      return `<details><summary>${escapeHtml(block.label)}</summary>\n\n${fenced(block.text, 'text')}\n\n</details>`
    case 'timeline':
      return fenced(gantt(block.title, block.phases), 'mermaid')
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', '<br>')).join(' | ')} |`
}

/** A fence longer than any run of backticks inside, so that a container's log cannot end it. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}

/** A Mermaid Gantt chart whose axis begins at zero. Characters with a meaning in Mermaid are replaced in names. */
function gantt(title: string, phases: readonly Phase[]): string {
  const zero = Math.min(...phases.map((phase) => phase.start))
  const lines = ['gantt', `  title ${plainName(title)}`, '  dateFormat x', '  axisFormat %M:%S']
  let section: string | undefined
  for (const phase of phases) {
    if (phase.section !== undefined && phase.section !== section) lines.push(`  section ${plainName(phase.section)}`)
    section = phase.section
    const tag = phase.failed ? 'crit, ' : ''
    lines.push(`  ${plainName(phase.name)} :${tag}${Math.round(phase.start - zero)}, ${Math.round(phase.end - zero)}`)
  }
  return lines.join('\n')
}

function plainName(name: string): string {
  return name.replace(/[\s:;#,]+/g, ' ').trim()
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
