import { type ComposeModel, type ComposeService, serviceOf } from './compose-model.ts'
import { listenedPorts } from './service-ports.ts'

/**
 * How long each of the services that are made anew is away. Compose stops all of them at once, each with its own grace period, and they start when the
 * last has ended: the old one never runs beside the new one.
 */
export function downtimes(model: ComposeModel, changing: readonly string[]): Map<string, string> {
  const graces = changing.map((name) => ({ name, ...graceOf(serviceOf(model, name)) }))
  const longest = graces.toSorted((a, b) => b.milliseconds - a.milliseconds)[0]
  return new Map(
    graces.map(({ name, milliseconds, written }) => {
      const waits = longest !== undefined && longest.milliseconds > milliseconds
      const others = waits ? ` and ${longest.name} has ended too (at most ${longest.written})` : ''
      return [name, `away from its stop (at most ${written})${others} until it runs again; the old one ends before the new one starts`]
    }),
  )
}

/** Only HTTP can be switched; we cannot know, so the line is offered for whatever listens. */
export function lineToSwitch(name: string, service: ComposeService): string {
  const [port] = listenedPorts(name, service, { routes: [], switch: [] })
  return port === undefined
    ? ''
    : `; requests to it fail meanwhile. If it speaks HTTP, the line \`${name}:${port}\` in \`switch\` ends that`
}

/** Compose writes `1m30s`. */
function graceOf({ stop_grace_period: written }: ComposeService): { milliseconds: number; written: string } {
  if (written === undefined) return { milliseconds: 10_000, written: "10s, Docker's default" }
  const parts = [...written.matchAll(/([\d.]+)(h|ms|m|s|us)/g)].map(([, count, unit = '']) => Number(count) * (MILLISECONDS[unit] ?? 0))
  return { milliseconds: parts.reduce((sum, part) => sum + part, 0), written }
}

const MILLISECONDS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 0.001 }
