import type { Phase } from '@deploy-actions/kit'
import type { AgentEvent } from './agent.ts'

/** Moments of a run in milliseconds since the step began; a moment that never came is absent. */
export interface Timings {
  connected?: number
  planned?: number
  prepared?: number
  serves?: number
  verified?: number
  finished?: number
}

const MOMENTS: Readonly<Record<string, keyof Timings>> = {
  ready: 'connected',
  preparing: 'planned',
  prepared: 'prepared',
  switched: 'serves',
  verified: 'verified',
  settled: 'finished',
}

/** When each phase was reached. `startedAt` is on the clock of the events. */
export function timingsOf(events: readonly AgentEvent[], startedAt: number): Timings {
  const timings: Timings = {}
  for (const { name, at } of events) {
    const moment = MOMENTS[name]
    if (moment !== undefined) timings[moment] ??= Math.round(at - startedAt)
  }
  return timings
}

/** Of all hosts together: a moment is there when every host has reached it that reached any. */
export function timingsOfAll(all: readonly Timings[]): Timings {
  const begun = all.filter(({ planned }) => planned !== undefined)
  const hosts = begun.length > 0 ? begun : all
  const moments = Object.values(MOMENTS).map((moment): [string, number | undefined] => {
    const times = hosts.map((timings) => timings[moment])
    return [moment, times.some((time) => time === undefined) ? undefined : Math.max(...(times as number[]))]
  })
  return Object.fromEntries(moments.filter(([, time]) => time !== undefined))
}

const PHASES: readonly { name: string; from: keyof Timings | undefined; to: keyof Timings }[] = [
  { name: 'connect', from: undefined, to: 'connected' },
  { name: 'plan', from: 'connected', to: 'planned' },
  { name: 'prepare', from: 'planned', to: 'prepared' },
  { name: 'switch', from: 'prepared', to: 'serves' },
  { name: 'verify', from: 'serves', to: 'verified' },
  { name: 'drain and finish', from: 'verified', to: 'finished' },
]

/** The phases that took place, for the summary's timeline. */
export function phasesOf(timings: Timings): Phase[] {
  return PHASES.flatMap(({ name, from, to }) => {
    const start = from === undefined ? 0 : timings[from]
    const end = timings[to]
    return start === undefined || end === undefined ? [] : [{ name, start, end }]
  })
}

/** Requests and streams that were cut when a slot's time to drain was up. */
export function cutWhileDraining(events: readonly AgentEvent[]): { requests: string; streams: string } | undefined {
  const drained = events.findLast(({ name }) => name === 'drained')?.fields
  if (drained === undefined) return undefined
  return { requests: drained['requests-cut'] ?? '0', streams: drained['streams-cut'] ?? '0' }
}
