import { Document, Scalar, visit } from 'yaml'

/** A document as people write it: long texts as blocks, quotes only where needed. `head` are lines of comment above. */
export function yamlText(content: unknown, head: readonly string[]): string {
  const document = new Document(content, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL
    },
  })
  const comment = head.map((line) => (line === '' ? '#' : `# ${line}`)).join('\n')
  const body = document.toString({ lineWidth: 0, singleQuote: true })
  // A blank line before each part, as people leave it.
  return `${comment}\n${body.replace(/\n(?=[a-z])/g, '\n\n')}`
}
