import { type Platform, platformOf } from './manifest.ts'

/** What an image says about how it runs. */
export interface ImageConfig {
  /** Empty: root. */
  user: string
  /** `NAME=value`. */
  env: string[]
  /** As in the image: `['CMD', …]`, `['CMD-SHELL', '…']` or `['NONE']`; durations in nanoseconds, 0 is Docker's default. Undefined: the image has none. */
  healthcheck: { test: string[]; interval: number; timeout: number; startPeriod: number; retries: number } | undefined
  /** Paths. Docker makes an anonymous volume for each. */
  volumes: string[]
  /** Like `8000/tcp`. */
  exposedPorts: string[]
  entrypoint: string[]
  command: string[]
  workingDirectory: string
  labels: Record<string, string>
}

/** Reads the config of an image; what is missing or of another type counts as empty. */
export function readImageConfig(json: Record<string, unknown>): { platform: string; config: ImageConfig } {
  const raw = record(json.config)
  return {
    platform: platformOf(json as Platform),
    config: {
      user: text(raw.User),
      env: texts(raw.Env),
      healthcheck: healthcheckOf(record(raw.Healthcheck)),
      volumes: Object.keys(record(raw.Volumes)),
      exposedPorts: Object.keys(record(raw.ExposedPorts)),
      entrypoint: texts(raw.Entrypoint),
      command: texts(raw.Cmd),
      workingDirectory: text(raw.WorkingDir),
      labels: Object.fromEntries(Object.entries(record(raw.Labels)).map(([name, value]) => [name, text(value)])),
    },
  }
}

function healthcheckOf({ Test, Interval, Timeout, StartPeriod, Retries }: Record<string, unknown>): ImageConfig['healthcheck'] {
  const test = texts(Test)
  if (test.length === 0) return undefined
  return { test, interval: number(Interval), timeout: number(Timeout), startPeriod: number(StartPeriod), retries: number(Retries) }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((part) => typeof part === 'string') : [])
