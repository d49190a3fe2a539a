import { createSecrets, systemClock } from '@deploy-actions/kit'
import { type Files, nodeHttp, readChecks, type SmokeRequest, type SmokeResult, smoke } from '@deploy-actions/probe'
import { versionSource } from '../src/version.ts'

export interface Trial {
  readonly url: string
  readonly checks?: string
  readonly version?: string
  readonly versionFrom?: string
  readonly variables?: Readonly<Record<string, unknown>>
  /** Values of `variables` that are secret. */
  readonly masked?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly addresses?: Readonly<Record<string, string[]>>
  readonly ca?: string
  readonly timeoutMs?: number
  readonly inARow?: number
  readonly intervalMs?: number
  readonly live?: boolean
  readonly certificateDays?: SmokeRequest['certificateDays']
  readonly files?: Readonly<Record<string, string>>
}

export interface Tried extends SmokeResult {
  readonly secrets: readonly string[]
  readonly notYet: readonly string[]
  /** The message of the first thing that is wrong, with its cause. */
  readonly first: string | undefined
}

export function filesOf(files: Readonly<Record<string, string>> = {}): Files {
  return {
    read(path) {
      const text = files[path]
      if (text === undefined) throw new Error(`no ${path}`)
      return Buffer.from(text)
    },
    whyNotWritable: () => undefined,
    write: (path) => path,
  }
}

/** Runs checks for real against an address, with times that are short enough for tests. */
export async function trial({
  url,
  checks,
  version,
  versionFrom = 'json $.version',
  variables = {},
  headers = {},
  addresses = {},
  ca,
  ...rest
}: Trial): Promise<Tried> {
  const base = new URL('/health', url)
  const known = new Map(Object.entries(variables))
  const { flows, problems } =
    checks === undefined
      ? { flows: [], problems: [] }
      : readChecks({ text: checks, base, files: filesOf(rest.files), names: new Set(known.keys()) })
  if (problems.length > 0) throw new Error(problems.map(({ place, message }) => `${place.line}: ${message}`).join('\n'))
  const http = nodeHttp({ ca, longest: 2 * 1024 * 1024 })
  const secrets: string[] = []
  const masked = createSecrets()
  for (const value of rest.masked ?? []) masked.add(value)
  const notYet: string[] = []
  try {
    const result = await smoke(
      {
        target: { base, headers, addresses: new Map(Object.entries(addresses)) },
        wait: {
          url: base.href,
          version,
          source: versionSource.read(versionFrom),
          inARow: rest.inARow ?? 1,
          intervalMs: rest.intervalMs ?? 20,
        },
        flows,
        live: rest.live ?? true,
        variables: known,
        timeoutMs: rest.timeoutMs ?? 10_000,
        certificateDays: rest.certificateDays ?? { failDays: 14, warnDays: 30 },
      },
      {
        http,
        clock: systemClock,
        signal: new AbortController().signal,
        secret: (value) => {
          secrets.push(value)
          masked.add(value)
        },
        redact: (text) => masked.redactForeign(text),
        done: () => undefined,
        waited: () => undefined,
        notYet: (problem) => void notYet.push(problem),
      },
    )
    const failures = [...result.waits.flatMap(({ failure }) => failure ?? []), ...result.results.flatMap(({ failure }) => failure ?? [])]
    const first = failures[0] && `${failures[0].cause}: ${failures[0].message}`
    return { ...result, secrets, notYet, first }
  } finally {
    http.close()
  }
}
