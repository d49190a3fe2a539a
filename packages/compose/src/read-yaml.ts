import { type Document, parseAllDocuments, type YAMLParseError } from 'yaml'

/** The YAML documents of one file, which Compose takes as files after one another. @throws YAMLParseError */
export function readYaml(text: string): unknown[] {
  const read = parsed(text)
  const again = read.error === undefined ? read : parsed(strictYaml(text))
  if (read.error !== undefined && again.error !== undefined) throw read.error
  // The file is the user's own, and fifty services with one anchor are no attack.
  return again.documents.map((document) => document.toJS({ maxAliasCount: -1 }))
}

function parsed(text: string): { documents: Document[]; error: YAMLParseError | undefined } {
  const documents = [...parseAllDocuments(text, { merge: true, uniqueKeys: false, logLevel: 'error' })] as Document[]
  return { documents, error: documents.flatMap(({ errors }) => errors)[0] }
}

/**
 * The same text as the books want it, where Compose's reader wants less: the lines of `[…]`, `{…}` and quoted texts may begin anywhere, and a comment may
 * follow right behind a quote.
 */
function strictYaml(text: string): string {
  const open: Open = { brackets: 0, quote: '' }
  let block: number | undefined // the text of `|` and `>` is nobody's YAML; it is indented deeper than this
  return text
    .split('\n')
    .map((line) => {
      if (block !== undefined && (line.trim() === '' || indentOf(line) > block)) return line
      block = open.brackets === 0 && open.quote === '' && /(^|\s)[|>][-+0-9]*(\s+#.*)?$/.test(line.trimEnd()) ? indentOf(line) : undefined
      const inside = open.brackets > 0 || open.quote !== ''
      const read = readLine(line, open)
      return inside ? `${' '.repeat(99)}${read.trimStart()}` : read
    })
    .join('\n')
}

const indentOf = (line: string): number => line.length - line.trimStart().length

/** What is open at the end of a line. */
interface Open {
  brackets: number
  quote: string
}

function readLine(line: string, open: Open): string {
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] as string
    const before = line.slice(0, at)
    const begins = open.brackets > 0 ? /(^|[\s[{,:])$/.test(before) : BEFORE_A_VALUE.test(before)
    if (open.quote !== '') {
      if (letter === '\\' && open.quote === '"') at++
      else if (letter === open.quote) open.quote = ''
    } else if (letter === '#' && /(^|\s|["'])$/.test(before)) return `${before} ${line.slice(at)}`
    else if (/["']/.test(letter) && begins) open.quote = letter
    else if (/[[{]/.test(letter) && begins) open.brackets++
    else if (/[\]}]/.test(letter) && open.brackets > 0) open.brackets--
  }
  return line
}

/** A key or a dash, an anchor or a tag: in the middle of a plain text, quotes and brackets mean nothing. */
const BEFORE_A_VALUE = /(^|[:-]\s|[&!]\S+\s)\s*$/
