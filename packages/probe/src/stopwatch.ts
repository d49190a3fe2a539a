import type { Socket } from 'node:net'
import type { Phases } from './http-answer.ts'

/** Times of one request. */
export interface Stopwatch {
  follow(socket: Socket): void
  /** The first byte of the answer is there. */
  first(): void
  /** The name has led to an address. */
  named(): boolean
  connected(): boolean
  answered(): boolean
  done(): { ms: number; phases: Phases }
}

/** Begins now. Phases follow each other: each lasts from the end of the one before to its own event. */
export function stopwatch(): Stopwatch {
  const began = performance.now()
  const phases: Record<string, number> = {}
  let last = began
  let connected = true // unless a new connection is followed
  let answered = false
  const lap = (name: keyof Phases) => {
    const now = performance.now()
    phases[name] = now - last
    last = now
  }
  return {
    follow(socket) {
      connected = !socket.connecting
      socket.once('lookup', () => lap('dns'))
      socket.once('connect', () => {
        connected = true
        lap('connect')
      })
      socket.once('secureConnect', () => lap('tls'))
    },
    first() {
      answered = true
      lap('wait')
    },
    named: () => connected || phases.dns !== undefined,
    connected: () => connected,
    answered: () => answered,
    done() {
      lap('download')
      return { ms: last - began, phases }
    },
  }
}
