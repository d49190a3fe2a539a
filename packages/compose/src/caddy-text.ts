/** Parts of a Caddyfile as text, indented as `caddy fmt` would. */
export const block = (head: string, lines: readonly string[]): string => [`${head} {`, ...indent(lines), '}'].join('\n')
export const handle = (matcher: string, lines: readonly string[]): string[] =>
  block(matcher === '' ? 'handle' : `handle ${matcher}`, lines).split('\n')
export const site = (address: string, comment: string, lines: readonly string[]): string => `# ${comment}\n${block(address, lines)}`
export const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `\t${line}`))
