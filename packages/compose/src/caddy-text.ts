/** A block of a Caddyfile: its head, and its lines one deeper. */
export const block = (head: string, lines: readonly string[]): string => [`${head} {`, ...indent(lines), '}'].join('\n')

/** Lines of a `handle`, for what a matcher names or for the rest. */
export const handle = (matcher: string, lines: readonly string[]): string[] =>
  block(matcher === '' ? 'handle' : `handle ${matcher}`, lines).split('\n')

export const site = (address: string, comment: string, lines: readonly string[]): string => `# ${comment}\n${block(address, lines)}`

export const indent = (lines: readonly string[]): string[] => lines.map((line) => `\t${line}`)
