export interface Annotation {
  readonly level: 'notice' | 'warning' | 'error'
  readonly title: string | undefined
  readonly message: string
  /** The file and the line to which it is pinned. */
  readonly file?: string
  readonly line?: number
}

/** Reads GITHUB_OUTPUT and its like: `name<<delimiter` blocks and `name=value` lines. */
export function parseFileCommand(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const rest = text.split('\n')
  for (let line = rest.shift(); line !== undefined; line = rest.shift()) {
    const block = /^([^=]+?)<<(.+)$/.exec(line)
    const plain = /^([^=]+)=(.*)$/.exec(line)
    if (block) {
      const end = rest.indexOf(block[2] as string)
      if (end < 0) throw new Error(`the block of \`${block[1]}\` has no end`)
      values[block[1] as string] = rest
        .splice(0, end + 1)
        .slice(0, -1)
        .join('\n')
    } else if (plain) {
      values[plain[1] as string] = plain[2] as string
    }
  }
  return values
}

/** The annotations in a step's standard output; what stands between `::stop-commands::` is no command. */
export function parseAnnotations(stdout: string): Annotation[] {
  return commandsIn(stdout).flatMap((line) => {
    const [, level, properties, message] = /^::(notice|warning|error)(?: ([^:]*))?::(.*)$/.exec(line) ?? []
    if (level === undefined || message === undefined) return []
    const title = /(?:^|,)title=([^,]*)/.exec(properties ?? '')?.[1]
    const file = /(?:^|,)file=([^,]*)/.exec(properties ?? '')?.[1]
    const at = /(?:^|,)line=(\d+)/.exec(properties ?? '')?.[1]
    return [
      {
        level: level as Annotation['level'],
        title: title === undefined ? undefined : decode(title),
        message: decode(message),
        ...(file !== undefined && { file: decode(file) }),
        ...(at !== undefined && { line: Number(at) }),
      },
    ]
  })
}

/** The values that the step asked the runner to mask. */
export function parseMasks(stdout: string): string[] {
  return commandsIn(stdout).flatMap((line) => {
    const value = /^::add-mask::(.*)$/.exec(line)?.[1]
    return value === undefined ? [] : [decode(value)]
  })
}

function commandsIn(stdout: string): string[] {
  const commands: string[] = []
  let stopped: string | undefined
  for (const line of stdout.split('\n').map((one) => one.trim())) {
    if (stopped !== undefined) {
      if (line === `::${stopped}::`) stopped = undefined
    } else if (line.startsWith('::stop-commands::')) {
      stopped = line.slice('::stop-commands::'.length)
    } else if (line.startsWith('::')) {
      commands.push(line)
    }
  }
  return commands
}

function decode(text: string): string {
  return text.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%')
}
