/** What is no plain text in SQL, by PostgreSQL's lexical rules: comments, texts (`E'…'` with backslashes), quoted names, `$tag$ … $tag$`, and the semicolon. */
const TOKEN =
  /--[^\n]*|\/\*|(?<![\w$])[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])\$((?:[\p{L}_][\p{L}\p{N}_]*)?)\$[\s\S]*?\$\1\$|;/gu

/** The statements of an SQL text, without comments, with each run of white space as one blank. Texts and quoted names stay whole; `$$ … $$` too. */
export function statementsOf(sql: string): string[] {
  const found: string[] = []
  let statement = ''
  let at = 0
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(sql); match !== null; match = TOKEN.exec(sql)) {
    const [token] = match
    statement += sql.slice(at, match.index)
    if (token === '/*') TOKEN.lastIndex = endOfComment(sql, match.index)
    at = TOKEN.lastIndex
    if (token === ';') {
      found.push(statement)
      statement = ''
    } else if (!token.startsWith('--') && token !== '/*') statement += token
    else statement += ' '
  }
  found.push(statement + sql.slice(at))
  return found.map((one) => one.replace(/\s+/g, ' ').trim()).filter((one) => one !== '')
}

/** PostgreSQL's comments nest. */
function endOfComment(sql: string, from: number): number {
  let depth = 0
  for (let at = from; at < sql.length; at++) {
    const two = sql.slice(at, at + 2)
    if (two === '/*') depth += 1
    if (two === '*/') depth -= 1
    if (two === '/*' || two === '*/') at += 1
    if (depth === 0) return at + 1
  }
  return sql.length
}

/** A statement with everything that a person chose taken out, so that its key words can be looked at: texts and what stands in parentheses are empty, quoted names are `x`. */
export function keyWordsOf(statement: string): string {
  TOKEN.lastIndex = 0
  const plain = statement.replace(TOKEN, (token) => (token.startsWith('"') ? 'x' : token === ';' ? ';' : "''"))
  let depth = 0
  let kept = ''
  for (const char of plain) {
    if (char === ')') depth -= 1
    if (depth <= 0) kept += char
    if (char === '(') depth += 1
  }
  return kept.replace(/\s+/g, ' ').trim()
}

/** The parts of a list, cut at the commas that stand in no text, name or parenthesis. */
export function partsOf(list: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (const { 0: token, index } of list.matchAll(new RegExp(`${TOKEN.source}|[(),]`, 'gu'))) {
    if (token === '(') depth += 1
    if (token === ')') depth -= 1
    if (token !== ',' || depth > 0) continue
    parts.push(list.slice(from, index))
    from = index + 1
  }
  return [...parts, list.slice(from)].map((part) => part.trim())
}
