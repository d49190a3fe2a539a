import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** An app's folder on a host, as deploys leave it. */
export class AppFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'agent-app-'))

  /** Files below the folder, by path. */
  write(files: Readonly<Record<string, string>>): this {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, path)), { recursive: true })
      writeFileSync(join(this.path, path), text)
    }
    return this
  }

  /** A release with these settings and services (cells separated by spaces). */
  release(id: string, settings: Readonly<Record<string, string>> = {}, services: readonly string[] = []): this {
    const lines = Object.entries({ id, of: '', app: 'shop', project: 'shop', hosts: '1', ...settings }).map(
      ([key, value]) => `${key}=${value}\n`,
    )
    const rows = services.map((row) => `${row.replaceAll(' ', '\t')}\n`)
    return this.write({ [`releases/${id}/settings`]: lines.join(''), [`releases/${id}/services.tsv`]: rows.join('') })
  }

  /** The history in the log, oldest first; the last one is live. */
  history(...ids: readonly string[]): this {
    const line = (id: string) => `{"time":"t","event":"live","operation":"deploy","release":"${id}","previous":""}\n`
    this.write({ 'log.jsonl': `{"time":"t","event":"aborted","operation":"deploy","release":"never"}\n${ids.map(line).join('')}` })
    return this.current(ids.at(-1) ?? '')
  }

  current(id: string): this {
    rmSync(join(this.path, 'current'), { force: true })
    symlinkSync(`releases/${id}`, join(this.path, 'current'))
    return this
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8')
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
