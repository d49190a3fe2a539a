import type { FilePlace, Runner } from '@deploy-actions/kit'

/** A runner that remembers everything that it is told. */
export class FakeRunner implements Runner {
  readonly kind: 'github' | 'shell'
  readonly outputs = new Map<string, string>()
  readonly masks: string[] = []
  readonly annotations: { level: string; message: string; title: string | undefined; at?: FilePlace }[] = []
  /** Everything written to standard output. */
  written = ''
  summary = ''
  readonly #state = new Map<string, string>()

  constructor(kind: 'github' | 'shell' = 'github') {
    this.kind = kind
  }

  write(text: string): void {
    this.written += text
  }

  annotate(level: 'notice' | 'warning' | 'error', message: string, title?: string, at?: FilePlace): void {
    this.annotations.push({ level, message, title, ...(at && { at }) })
  }

  debug(): void {}

  mask(value: string): void {
    this.masks.push(value)
  }

  setOutput(name: string, value: string): void {
    this.outputs.set(name, value)
  }

  saveState(name: string, value: string): void {
    this.#state.set(name, value)
  }

  state(name: string): string {
    return this.#state.get(name) ?? ''
  }

  appendSummary(markdown: string): boolean {
    this.summary += markdown
    return true
  }
}
