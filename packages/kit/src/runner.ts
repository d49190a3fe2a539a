/** A line of a file of the repository, to which GitHub pins an annotation; from 1. */
export interface FilePlace {
  readonly file: string
  readonly line: number
  readonly column?: number
}

/** What the surroundings of a run offer: GitHub's runner (`actions-core.ts`) or a person's shell. In tests: `FakeRunner`. */
export interface Runner {
  /** `github` understands workflow commands; `shell` is read by a person. */
  readonly kind: 'github' | 'shell'
  /** Writes text as it is to standard output. */
  write(text: string): void
  annotate(level: 'notice' | 'warning' | 'error', message: string, title?: string, at?: FilePlace): void
  debug(message: string): void
  /** Makes the runner replace the value in everything that it shows. */
  mask(value: string): void
  setOutput(name: string, value: string): void
  /** Keeps a value for the action's `post` step. A secret only after `mask`, and only what `post` cannot do without: see allow-ssh. */
  saveState(name: string, value: string): void
  /** What `saveState` kept, or ''. */
  state(name: string): string
  /** Appends Markdown to the job summary; false when there is none to append to. */
  appendSummary(markdown: string): boolean
}

/** A person's shell: plain text, outputs at the end of the run. */
export function shellRunner(write: (text: string) => void, verbose = false): Runner {
  return {
    kind: 'shell',
    write,
    annotate: (level, message, title, at) => {
      const where = at === undefined ? '' : `${at.file}:${at.line}: `
      write(`${level}: ${title === undefined ? '' : `${title}: `}${where}${message}\n`)
    },
    debug: (message) => verbose && write(`debug: ${message}\n`),
    mask: () => undefined,
    setOutput: (name, value) => write(`output ${name}: ${value}\n`),
    saveState: () => undefined,
    state: () => '',
    appendSummary: () => false,
  }
}
