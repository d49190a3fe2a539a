/** The statements of an SQL text, without comments, with each run of white space as one blank. Texts and quoted names stay whole; `$$ … $$` too. */
export function statementsOf(sql: string): string[] {
  const found: string[] = []
  let statement = ''
  let at = 0
  const tokens = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|;/g
  for (const match of sql.matchAll(tokens)) {
    const [token] = match
    statement += sql.slice(at, match.index)
    at = match.index + token.length
    if (token === ';') {
      found.push(statement)
      statement = ''
    } else if (!token.startsWith('--') && !token.startsWith('/*')) statement += token
    else statement += ' '
  }
  found.push(statement + sql.slice(at))
  return found.map((one) => one.replace(/\s+/g, ' ').trim()).filter((one) => one !== '')
}
