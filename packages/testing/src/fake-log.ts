import type { FilePlace, Log } from '@deploy-actions/kit'

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'group' | 'raw'
  readonly message: string
  readonly title?: string | undefined
  readonly at?: FilePlace
}

/** Remembers what was told. It redacts nothing: whether secrets stay hidden is tested with `createLog`. */
export class FakeLog implements Log {
  readonly entries: LogEntry[] = []

  /** All messages of one level, or all messages, as one text. */
  text(level?: LogEntry['level']): string {
    const chosen = this.entries.filter((entry) => level === undefined || entry.level === level)
    return chosen.map((entry) => entry.message).join('\n')
  }

  debug(message: string): void {
    this.entries.push({ level: 'debug', message })
  }

  info(message: string): void {
    this.entries.push({ level: 'info', message })
  }

  notice(message: string, title?: string, at?: FilePlace): void {
    this.entries.push({ level: 'notice', message, title, ...(at && { at }) })
  }

  warning(message: string, title?: string, at?: FilePlace): void {
    this.entries.push({ level: 'warning', message, title, ...(at && { at }) })
  }

  error(message: string, title?: string, at?: FilePlace): void {
    this.entries.push({ level: 'error', message, title, ...(at && { at }) })
  }

  group<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.entries.push({ level: 'group', message: name })
    return work()
  }

  progress<T>(_name: string, work: () => Promise<T>): Promise<T> {
    return work()
  }

  raw(lines: readonly string[]): void {
    this.entries.push({ level: 'raw', message: lines.join('\n') })
  }

  foreign(text: string): string {
    return text
  }
}
