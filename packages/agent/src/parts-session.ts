import { LineQueue, type Session } from '@deploy-actions/hosts'
import { parseLine } from './protocol.ts'

/** What one part of a run has of the session: it begins with `ready`, and is over when the agent is ready for the next part. */
interface Part {
  readonly lines: LineQueue
  readonly closed: Promise<{ code: number | null }>
  readonly end: (how: { code: number | null }) => void
}

const PING_MS = 5_000
/** Whoever does not go in this time is left: the end of the connection tells the agent too. */
const LEAVE_MS = 2_000

/**
 * A session of the agent in which several parts of a run follow each other. Told to `stay`, the agent begins anew at the end of a part and keeps the
 * lock of the app: nobody comes in between. To each part it looks like a session of its own.
 */
export class PartsSession {
  /** Resolves when the agent or the connection has ended. */
  readonly closed: Promise<{ code: number | null }>
  private readonly session: Session
  /** The part that is on, or the one to come. */
  private part = newPart()
  /** Whether somebody has it, and whether that is about to end. */
  private taken: 'no' | 'yes' | 'ending' = 'no'
  private ready = false
  private over = false

  constructor(session: Session) {
    this.session = session
    this.closed = session.closed
    // Between two parts there is no `Agent` that could say that we live.
    const pings = setInterval(() => this.ready && session.write('ping'), PING_MS).unref()
    void this.pass().finally(() => clearInterval(pings))
  }

  /** The session as the next part sees it; undefined when there is none any more. */
  async next(): Promise<Session | undefined> {
    const { closed } = this.part
    // One that has left without a word, because something was wrong on our side.
    if (this.taken === 'yes') this.write('quit')
    if (this.taken !== 'no') await closed
    if (this.over) return undefined
    this.taken = 'yes'
    const { session, part } = this
    return {
      ...{ lines: part.lines, closed: part.closed },
      write: (line) => this.write(line),
      send: (bytes) => session.send(bytes),
      end: () => session.end(),
      stderrTail: () => session.stderrTail(),
    }
  }

  /** The last part is over: the agent gives the lock back. Resolves when it is gone, or does not answer. */
  async leave(): Promise<void> {
    this.session.write('leave')
    await Promise.race([this.closed, new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref())])
  }

  private write(line: string): boolean {
    if (line === 'quit') this.taken = 'ending'
    return this.session.write(line)
  }

  private async pass(): Promise<void> {
    for await (const line of this.session.lines) {
      const said = parseLine(line)
      if (said.kind === 'event' && said.name === 'ready') this.begin()
      if (said.kind === 'event' && said.name === 'settled') this.taken = 'ending'
      this.part.lines.add([line])
    }
    const how = await this.session.closed
    this.over = true
    this.part.end(how)
  }

  private begin(): void {
    if (this.ready) {
      // Until it hears this the agent passes over what the last part had sent, and had no use for any more.
      this.session.write('part')
      this.part.end({ code: 0 })
      this.part = newPart()
      this.taken = 'no'
    } else this.session.write('stay')
    this.ready = true
  }
}

function newPart(): Part {
  const lines = new LineQueue()
  let tell: (how: { code: number | null }) => void = () => undefined
  const closed = new Promise<{ code: number | null }>((resolve) => {
    tell = resolve
  })
  const end = (how: { code: number | null }) => {
    lines.close()
    tell(how)
  }
  return { lines, closed, end }
}
