import type { FilePlace } from '@deploy-actions/kit'

/** A step of a build, as BuildKit reports it. */
export interface Vertex {
  readonly digest: string
  readonly name: string
  readonly started: number | undefined
  readonly completed: number | undefined
  readonly cached: boolean
  readonly error: string
}

/** What BuildKit's checks found in a Dockerfile. */
export interface Warning {
  readonly text: string
  readonly url: string
  readonly line: number | undefined
}

export interface BuildFacts {
  /** Steps of the Dockerfile. */
  readonly steps: number
  readonly cached: number
  /** What took longest, and what is no step of the Dockerfile (pushing, the cache). Milliseconds. */
  readonly times: readonly { readonly name: string; readonly ms: number }[]
  readonly warnings: readonly Warning[]
  /** Lines of standard error that are no progress. */
  readonly said: readonly string[]
  /** The last lines of what the failed step wrote. */
  readonly lastWords: readonly string[]
  /** Where in the Dockerfile it failed: the file as BuildKit calls it. */
  readonly at: FilePlace | undefined
}

interface Report {
  vertexes?: { digest: string; name: string; started?: string; completed?: string; cached?: boolean; error?: string }[]
  logs?: { vertex: string; data: string }[]
  warnings?: { short?: string; url?: string; range?: { start?: { line?: number } }[] }[]
}

const LAST_WORDS = 20

/** Reads `--progress rawjson`: objects over several lines (buildx 0.13) or one a line (newer), and between them buildx's own words. */
export class BuildProgress {
  readonly #vertexes = new Map<string, Vertex>()
  readonly #logs = new Map<string, string>()
  readonly #warnings: Warning[] = []
  readonly #said: string[] = []
  readonly #tell: (line: string) => void
  #object: string[] | undefined

  /** @param tell gets a line for each step that ended, and the lines that steps write */
  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  take(line: string): void {
    if (this.#object !== undefined) {
      this.#object.push(line)
      if (line !== '}') return
      const text = this.#object.join('\n')
      this.#object = undefined
      this.#report(text)
    } else if (line === '{') this.#object = [line]
    else if (line.startsWith('{') && line.endsWith('}')) this.#report(line)
    else if (line.trim() !== '') this.#said.push(line)
  }

  facts(): BuildFacts {
    const all = [...this.#vertexes.values()]
    const steps = all.filter(({ name }) => /^\[(?!internal|auth)/.test(name))
    const failed = all.find(({ error }) => error !== '' && !/importing cache/.test(error))
    return {
      steps: steps.length,
      cached: steps.filter(({ cached }) => cached).length,
      times: all.flatMap(({ name, started, completed }) =>
        started === undefined || completed === undefined ? [] : [{ name, ms: completed - started }],
      ),
      warnings: this.#warnings,
      said: this.#said,
      lastWords: (this.#logs.get(failed?.digest ?? '') ?? '').trimEnd().split('\n').slice(-LAST_WORDS),
      at: placeIn(this.#said),
    }
  }

  #report(text: string): void {
    let report: Report
    try {
      report = JSON.parse(text) as Report
    } catch {
      this.#said.push(text)
      return
    }
    for (const one of report.vertexes ?? []) this.#vertex(one)
    for (const { vertex, data } of report.logs ?? []) this.#log(vertex, Buffer.from(data, 'base64').toString('utf8'))
    for (const { short = '', url = '', range } of report.warnings ?? []) {
      const told = Buffer.from(short, 'base64').toString('utf8')
      if (this.#warnings.some((known) => known.text === told)) continue
      this.#warnings.push({ text: told, url, line: range?.[0]?.start?.line ?? lineIn(told) })
    }
  }

  #vertex({ digest, name, started, completed, cached = false, error = '' }: NonNullable<Report['vertexes']>[number]): void {
    const known = this.#vertexes.get(digest)
    const begun = known?.started ?? (started === undefined ? undefined : Date.parse(started))
    const ended = completed === undefined ? known?.completed : Date.parse(completed)
    this.#vertexes.set(digest, {
      digest,
      name,
      started: begun,
      completed: ended,
      cached: cached || (known?.cached ?? false),
      error: error || (known?.error ?? ''),
    })
    if (known?.completed !== undefined || ended === undefined || name.startsWith('[internal]')) return
    this.#tell(`${name}${cached ? '  (cached)' : begun === undefined ? '' : `  (${((ended - begun) / 1000).toFixed(1)} s)`}`)
  }

  #log(vertex: string, text: string): void {
    this.#logs.set(vertex, ((this.#logs.get(vertex) ?? '') + text).slice(-20_000))
    for (const line of text.split(/\r?\n|\r/)) if (line.trim() !== '') this.#tell(`  ${line}`)
  }
}

const lineIn = (text: string): number | undefined => {
  const [, line] = /\(line (\d+)\)$/.exec(text) ?? []
  return line === undefined ? undefined : Number(line)
}

/** buildx shows the place as `Dockerfile:7` above a ruler. */
function placeIn(said: readonly string[]): FilePlace | undefined {
  const at = said.findIndex((line, index) => /^\S.*:\d+$/.test(line) && /^-{5,}$/.test(said[index + 1] ?? ''))
  const [, file, line] = /^(.*):(\d+)$/.exec(said[at] ?? '') ?? []
  return file === undefined ? undefined : { file, line: Number(line) }
}
