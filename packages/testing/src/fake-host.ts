import type { Place } from '@deploy-actions/hosts'
import { type ErrorCode, UserError } from '@deploy-actions/kit'
import { type AgentAnswers, agentSession, blockOf } from './fake-agent.ts'
import { FakeRemote, type SessionEnd } from './fake-remote.ts'

/**
 * What happens at a command, once: lines that the host says instead; `lost` the connection dies before the command arrives, `lost behind` after it, and
 * in both cases the agent settles by its own rules; `killed` the agent dies and leaves its journal.
 */
export type Fate = readonly string[] | 'lost' | 'lost behind' | 'killed'

export interface FakeHostOptions {
  /** The live release; none when left out. */
  readonly live?: string
  readonly kept?: readonly string[]
  /** What it says to commands that only ask; `(exit)` ends the agent. */
  readonly answers?: AgentAnswers
  /** By the first word of a command. */
  readonly fates?: Readonly<Record<string, Fate>>
  /** So many log-ins succeed; default all. */
  readonly logins?: number
  /** A dead run over three hosts left this release switched and confirmed. */
  readonly undecided?: string
  readonly alone?: boolean
  /** Services that it makes anew in its turn, `a,b`. */
  readonly inTurn?: string
  /** A dead run left those of the live release. */
  readonly unfinished?: boolean
  /** A dead run took it out: `balancer:droplet`. */
  readonly out?: string
  /** Status of its health path; 200 when left out. */
  readonly health?: number
  /** Another run has the lock, from this folder; `free` gives it back. Only in the first session. */
  readonly waitsFor?: string
}

/** A host with a memory: what it has live, and how a run that leaves it alone ends there. One of several that change together. */
export class FakeHost {
  readonly name: string
  live: string
  kept: readonly string[]
  undecided: string
  /** Commands of all sessions, in order; a new session stands as `(session)`. */
  readonly heard: string[] = []
  readonly remotes: FakeRemote[] = []
  readonly options: FakeHostOptions
  readonly #fates: Record<string, Fate>
  #alone: boolean
  /** Services of the live release wait for their turn. */
  #unfinished: boolean
  /** Says a line in the last session, beside its answers. */
  say: (line: string) => void = () => undefined

  /** The run that has the lock gives it back. */
  free: () => void = () => undefined

  constructor(name: string, options: FakeHostOptions = {}) {
    this.name = name
    this.live = options.live ?? ''
    this.kept = options.kept ?? (this.live === '' ? [] : [this.live])
    this.undecided = options.undecided ?? ''
    this.#alone = options.alone ?? false
    this.#unfinished = options.unfinished ?? false
    this.options = options
    this.#fates = { ...options.fates }
  }

  get place(): Place {
    return { name: this.name, address: `${this.name}:22`, connect: () => this.#connect() }
  }

  async #connect(): Promise<FakeRemote> {
    if (this.remotes.length >= (this.options.logins ?? Number.POSITIVE_INFINITY))
      throw new UserError('DA-SSH-UNREACHABLE' as ErrorCode, `${this.name} does not answer`)
    const remote = new FakeRemote({}, { name: this.name, sessions: { [agentSession]: (end) => this.#play(end) } })
    this.remotes.push(remote)
    return remote
  }

  #play({ say, onLine, exit }: SessionEnd): void {
    let phase: 'idle' | 'prepared' | 'switched' = 'idle'
    let confirmed = false
    let release = ''
    let aside = false
    let waits = false
    const { inTurn = '', out = '' } = this.options
    const left = () => `out=${out} unfinished=${this.#unfinished ? 'yes' : ''}`
    const stand = () => say(`= locked release=${this.live} kept=${this.kept.join(',')} alone=${this.#alone ? 'X' : ''} ${left()}`)
    const wait = () => {
      waits = true
      say(`= waits services=${inTurn}`)
    }
    const tellHealth = () => say(`= health status=${aside ? 503 : (this.options.health ?? 200)}`)
    const settle = (status: string) => {
      if (status === 'deployed') this.#becomes(release)
      say(`= settled status=${status}`)
      exit(0)
    }
    const takeBack = () => settle(phase === 'switched' ? 'reverted' : 'aborted')
    const die = (fate: Fate) => {
      if (fate === 'killed' && confirmed) this.undecided = release
      exit(null)
    }
    const obey: Record<string, (words: string[]) => void> = {
      ping: () => undefined,
      fleet: () => undefined,
      'edge-image': () => say('= noted'),
      agreed: () => {
        this.#alone = false
      },
      settle: ([decision]) => {
        if (decision === 'commit') {
          this.#becomes(this.undecided)
          this.#unfinished = inTurn !== ''
        }
        this.undecided = ''
        stand()
      },
      prepare: ([, id = '']) => {
        release = id
        phase = 'prepared'
        say(`= preparing release=${id} slot=blue`)
        say(`= prepared release=${id} slot=blue`)
      },
      switch: () => {
        phase = 'switched'
        say(`= switched release=${release} slot=blue`)
        say(`= verified release=${release}`)
      },
      watch: () => say('= watched'),
      confirm: () => {
        confirmed = true
        say('= confirmed')
      },
      commit: ([turn]) => {
        if (turn === undefined) return settle('deployed')
        this.#becomes(release)
        this.#unfinished = inTurn !== ''
        wait()
      },
      finish: wait,
      health: tellHealth,
      aside: () => {
        aside = true
        tellHealth()
      },
      drain: () => say('= drained-aside'),
      base: () => {
        waits = false
        this.#unfinished = false
        say('= based status=yes')
      },
      back: () => {
        aside = false
        say('= back')
      },
      returned: () => say('= returned'),
      over: () => (release === '' ? say('= finished status=yes') : settle('deployed')),
      hold: () => {
        for (const line of blockOf('held', [`secret of ${this.name}`])) say(line)
        settle('prepared')
      },
      abort: takeBack,
      cancel: takeBack,
      quit: () => {
        if (waits) say('! DA-BALANCER-UNFINISHED it had no turn')
        exit(waits ? 1 : 0)
      },
    }
    onLine((line) => {
      const [verb = '', ...words] = line.split(' ')
      if (verb !== 'ping') this.heard.push(line)
      const fate = this.#fates[verb]
      delete this.#fates[verb]
      if (fate === 'lost' || fate === 'killed') die(fate)
      else if (Array.isArray(fate)) for (const said of fate) said === '= settled' ? takeBack() : say(said)
      else this.#answer(line, obey[verb] === undefined ? undefined : () => obey[verb]?.(words), { say, exit })
      if (fate === 'lost behind') exit(null)
    })
    this.say = say
    this.heard.push('(session)')
    say(`= ready run=/tmp/${this.name}`)
    const begin = () => (this.undecided === '' ? stand() : say(`= undecided release=${this.undecided} hosts=3`))
    const { waitsFor } = this.options
    this.free = begin
    if (waitsFor === undefined || this.heard.filter((line) => line === '(session)').length > 1) begin()
    else say(`= waiting run=${waitsFor}`)
  }

  #becomes(release: string): void {
    this.live = release
    this.kept = [...this.kept, release]
  }

  #answer(line: string, obey: (() => void) | undefined, { say, exit }: Pick<SessionEnd, 'say' | 'exit'>): void {
    const answers = this.options.answers ?? {}
    const key = Object.keys(answers)
      .filter((start) => line.startsWith(start))
      .sort((a, b) => b.length - a.length)[0]
    const lines = key === undefined ? undefined : answers[key]
    if (Array.isArray(lines)) for (const one of lines) one === '(exit)' ? exit(1) : say(one)
    else if (obey !== undefined) obey()
    else throw new Error(`${this.name} has no answer for: ${line}`)
  }
}
