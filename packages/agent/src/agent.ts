import { type Remote, type Session, sudoProgram, tar, tarOf, type UploadEntry } from '@deploy-actions/hosts'
import { type Log, UserError } from '@deploy-actions/kit'
import { type SessionRequest, script, sessionCommand } from './bootstrap.ts'
import { pieces, piecesOf } from './pieces.ts'
import { parseLine } from './protocol.ts'

/** How a run ended on a host. `failed`: the release is live, but a service beside it is not well. */
export type Settlement = 'deployed' | 'aborted' | 'reverted' | 'failed'

/** Something that happened on the host, in the order in which it happened. */
export interface AgentEvent {
  readonly name: string
  readonly fields: Readonly<Record<string, string>>
  /** The runner's clock, milliseconds. */
  readonly at: number
}

/** The host settled the run by itself, because something went wrong there or because it was told to stop. */
export class Settled extends UserError {
  readonly settlement: Settlement
  constructor(settlement: Settlement, failure: UserError | undefined) {
    const error = failure ?? new UserError('DA-CANCELLED', 'the run was stopped')
    super(error.code, error.message, { ...(error.hint !== undefined && { hint: error.hint }) })
    this.settlement = settlement
  }
}

/** The agent went away before it had told an end. `connection`: it may live on and only the way to it broke. */
export class AgentLost extends UserError {
  readonly connection: boolean
  constructor(name: string, code: number | null, stderr: string) {
    const what = code === null ? `the connection to ${name} was lost` : `the host agent on ${name} ended with exit code ${code}`
    const detail = stderr.trim() === '' ? '' : `: ${stderr.trim().split('\n').slice(-3).join(' / ')}`
    super('DA-AGENT-LOST', `${what}${detail}`, {
      hint: 'The host settles by itself: before the switch it removes what was new; after it, it keeps a verified release. Run the deploy again, or `release doctor` on the host.',
    })
    this.connection = code === null
  }
}

/** One that does not see all hosts cannot decide on a release that came to several. */
export function notDecided({ release, hosts }: Undecided, name: string): UserError {
  const message = `${release} serves on ${name} and is right, but is not final: a run over ${hosts} hosts died at the very end`
  return new UserError('DA-FLEET-UNDECIDED', message, {
    hint: 'Deploy or roll back over all of them, which settles it. To go back on this one alone, on the host: release rollback',
  })
}

/** A release to go back to. */
export interface Choice {
  readonly release: string
  readonly way: 'live' | 'warm' | 'stopped' | 'local' | 'pull'
  /** As the runner wrote it; empty for the live one. */
  readonly record: string
  /** What serves until then; empty texts where nothing does. */
  readonly live: { readonly release: string; readonly slot: string }
  /** Keys that were rotated since that release was made, and have another value now: they do not go back with it. */
  readonly rotated: readonly string[]
  /** `service:key` whose old value would come back, because the live release has nothing to put there. */
  readonly returning: readonly string[]
  /** The same for services that have no such key now: the present environment leaves it out. */
  readonly lacking: readonly string[]
}

/** What a run finds that wants to go on with a prepared release; texts are empty where there is nothing to say. */
export interface Candidate {
  /** `prepared` it is there; `live` there is nothing left to do; `other` somebody else's is there; `none`. */
  readonly state: 'prepared' | 'live' | 'other' | 'none'
  readonly release: string
  /** The run that prepared it. */
  readonly by: string
  /** When the one that was asked for was dropped. */
  readonly gone: string
  /** As the runner wrote it; only of a prepared one. */
  readonly record: string
  readonly live: Choice['live']
}

/** What stands on a host when its lock is ours. */
export interface Standing {
  /** The live one; empty before the first. */
  readonly release: string
  /** Releases that it could go back to, the live one among them. */
  readonly kept: readonly string[]
  /** The host took a release back without word from its runner, and nobody has seen since that all hosts agree. */
  readonly alone: boolean
  /** A dead run had switched to this release, which was not final, and the host has just taken it back. */
  readonly takenBack?: string
  /** A release that was switched to and verified as one of several, when its run died: `decide` says what becomes of it. */
  readonly undecided?: Undecided
  /** A dead run took the host out of a balancer, and nobody has put it back since. */
  readonly out?: TakenOut
  /** A dead run made a release final here and left services to be made anew in their turn: `finish` goes on there. */
  readonly unfinished?: boolean
}

/** What a host noted when it was taken out. */
export interface TakenOut {
  /** Its id. */
  readonly balancer: string
  readonly droplet: number
}

/** What one host of several noted of a release, right before its run died. */
export interface Undecided {
  readonly release: string
  /** So many changed together. */
  readonly hosts: number
}

export interface AgentOptions extends Omit<SessionRequest, 'sudo'> {
  readonly log: Log
  /** Aborted: the host is told to stop, and settles as its phase demands. */
  readonly signal?: AbortSignal
  readonly now?: () => number
}

const PING_MS = 5_000
/** A forced command that shows a menu and waits would wait for ever. */
const FIRST_WORD_MS = 90_000
/** Events whose raw lines, up to `= end`, are their content. */
const BLOCKS = new Set([
  'facts',
  'model',
  'warnings',
  'compared',
  'hashes',
  'record',
  'chosen-record',
  'candidate-record',
  'held',
  'env',
  'migration-step',
  'migration-left',
  'backup-manifest',
  'backup-kept',
])

/** The host agent in one session: it holds the lock of the app while the session lives. */
export class Agent {
  /** Everything that happened, for the report. */
  readonly events: AgentEvent[] = []
  private readonly session: Session
  private readonly log: Log
  private readonly now: () => number
  private readonly lines: AsyncIterator<string>
  private readonly sent: string[] = []
  private stopPings: () => void = () => undefined
  private stopListening: () => void = () => undefined
  private failure: UserError | undefined
  /** What came that is not of the agent; a host that starts no agent says there why. */
  private noise = ''
  private ready = false
  private readonly remote: Pick<Remote, 'name' | 'sudo'>

  private constructor(session: Session, remote: Pick<Remote, 'name' | 'sudo'>, options: AgentOptions) {
    this.session = session
    this.remote = remote
    this.log = options.log
    this.now = options.now ?? Date.now
    this.lines = session.lines[Symbol.asyncIterator]()
  }

  /** From here on the host hears that we live, and when we are told to stop. Not before it is `ready`: until then it takes every line for a part of the script. */
  private attend(signal: AbortSignal | undefined): void {
    const pings = setInterval(() => this.session.write('ping'), PING_MS).unref()
    const cancel = () => this.session.write('cancel')
    if (signal?.aborted) cancel()
    signal?.addEventListener('abort', cancel)
    this.stopListening = () => signal?.removeEventListener('abort', cancel)
    this.stopPings = () => {
      clearInterval(pings)
      this.stopListening()
    }
    void this.session.closed.then(this.stopPings)
  }

  /**
   * Starts the agent on the host, writing our version of it there first when it has another.
   * @returns the agent and its private folder on the host, as soon as it answers; the lock may still have to be waited for (see `locked`)
   */
  static async open(remote: Remote, options: AgentOptions): Promise<{ agent: Agent; folder: string }> {
    const agent = new Agent(await remote.session(sessionCommand({ ...options, sudo: remote.sudo })), remote, options)
    let answer = await agent.firstWord()
    if (answer.name === 'need-agent') {
      for (const line of script.split('\n')) agent.session.write(line)
      answer = await agent.next('ready')
    }
    agent.attend(options.signal)
    return { agent, folder: answer.fields.run ?? '' }
  }

  private async firstWord(): Promise<{ name: string; fields: Readonly<Record<string, string>> }> {
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(notStarted(this.remote, 'it starts none', this.noise + this.session.stderrTail())), FIRST_WORD_MS)
    })
    const word = this.next('ready', 'need-agent')
    word.catch(() => undefined) // nobody waits for it any more when the silence was too long
    return Promise.race([word, silence]).finally(() => clearTimeout(timer))
  }

  /**
   * Resolves when this run has the host's lock and everything that a dead run left is settled, or is `undecided`.
   * @param onWaiting called when another run has the lock, with that one's folder on the host
   */
  async standing(onWaiting: (folder: string) => void = () => undefined): Promise<Standing> {
    for (;;) {
      const { name, fields } = await this.next('waiting', 'undecided', 'locked')
      const { run = '', release = '', hosts = '' } = fields
      if (name === 'undecided') return { release: '', kept: [], alone: false, undecided: { release, hosts: Number(hosts) } }
      if (name === 'locked') return standingIn(fields)
      onWaiting(run)
    }
  }

  /** Says what becomes of an undecided release: it stays where other hosts have made it final. */
  decide(decision: 'commit' | 'revert'): Promise<Standing> {
    this.session.write(`settle ${decision}`)
    return this.standing()
  }

  /** As `standing`, for a run that sees this host alone. @throws UserError DA-FLEET-UNDECIDED */
  async locked(): Promise<void> {
    const { undecided } = await this.standing()
    if (undecided !== undefined) throw notDecided(undecided, this.remote.name)
  }

  /** This run changes so many hosts together: this one decides nothing alone. */
  oneOf(hosts: number): void {
    this.session.write(`fleet ${hosts}`)
  }

  /** All hosts have the same release: what this one decided alone is no question any more. */
  agreed(): void {
    this.session.write('agreed')
  }

  /**
   * Writes files below `directory`, which is created when missing. The host has them before it begins with any command that is sent later, so nobody waits
   * for an answer; what goes wrong there (DA-SSH-UPLOAD) is what the next answer fails with.
   */
  async upload(entries: readonly UploadEntry[], directory: string): Promise<void> {
    this.session.write(`upload ${directory}`)
    for (const piece of pieces(tar(entries, this.now() / 1000))) await this.session.send(piece)
    this.session.write('0')
  }

  /**
   * Writes one file whose bytes come from somewhere else, no faster than the host takes them. When the source fails, the run on the host has ended.
   * @throws what the source throws
   */
  async uploadStream(
    file: { path: string; size: number; mode: number },
    content: AsyncIterable<Uint8Array>,
    directory: string,
  ): Promise<void> {
    this.session.write(`upload ${directory}`)
    try {
      for await (const piece of piecesOf(tarOf(file, content, this.now() / 1000))) if (!(await this.session.send(piece))) break
    } catch (error) {
      this.session.write('0')
      await this.letGo()
      throw error
    }
    this.session.write('0')
  }

  /** Sends commands whose answers are read later, in this order: a far host answers the next one while we think about the last one. */
  ahead(...commands: string[]): void {
    for (const command of commands) this.session.write(command)
    this.sent.push(...commands)
  }

  /** Asks for a block of lines, such as `facts` or `record`. */
  async block(command: string, name: string = command): Promise<string[]> {
    this.say(command)
    return (await this.next(name)).block
  }

  /** Sends a command that was not sent `ahead`. */
  private say(command: string): void {
    if (this.sent[0] === command) this.sent.shift()
    else this.session.write(command)
  }

  /**
   * The resolved Compose model as JSON text, and Compose's warnings. `startedAs`: a project that people started, where only its folder has
   * what the file needs. @param as a project that people started, in the folder where they did @throws UserError DA-COMPOSE-INVALID
   */
  async resolve(as?: {
    project: string
    directory?: string | undefined
  }): Promise<{ model: string; warnings: string[]; startedAs?: string }> {
    const model = await this.block(['resolve', as?.project, as?.directory].filter((word) => word !== undefined).join(' '), 'model')
    const warnings = (await this.next('warnings')).block.filter((line) => line.trim() !== '')
    const startedAs = this.events.find(({ name }) => name === 'resolved-as')?.fields.project
    return { model: model.join('\n'), warnings, ...(startedAs !== undefined && { startedAs }) }
  }

  /** What of the repository is the same in a folder of the host: `same` files, and folders that have `others` besides. */
  async compare(directory: string): Promise<{ same: string[]; others: string[] }> {
    const rows = (await this.block(`compare ${directory}`, 'compared')).map((line) => line.split('\t'))
    const all = (name: string) => rows.flatMap(([kind, path = '']) => (kind === name ? [path] : []))
    return { same: all('same'), others: all('others') }
  }

  /** Compose's hashes by service of the uploaded `adopt/base.json`, and the ids of the images in `adopt/images`. */
  async hashes(project: string): Promise<{ hashes: Map<string, string>; images: Map<string, string> }> {
    const rows = (await this.block(`hashes ${project}`, 'hashes')).map((line) => line.split('\t'))
    const all = (name: string) => new Map(rows.flatMap(([kind, key = '', value = '']) => (kind === name ? [[key, value] as const] : [])))
    return { hashes: all('hash'), images: all('image') }
  }

  /** What the host's registry access makes of an image reference; like everything here, one after the other. @throws UserError DA-REGISTRY-… or DA-IMAGE-PULL */
  async digestOf(image: string): Promise<string> {
    this.session.write(`digest ${image}`)
    return (await this.next('digest')).fields.digest ?? ''
  }

  /** Hands over a registry login (a Docker configuration as JSON); the host forgets it after the pull. */
  credential(config: object): void {
    this.session.write(`credential ${JSON.stringify(config)}`)
  }

  /** Which release `previous`, `-N` or an id means, how fast the way there is, its record, and what is live now. @throws Settled DA-ROLLBACK-NO-TARGET */
  async choose(to: string): Promise<Choice> {
    this.session.write(`choose ${to}`)
    const { release = '', way, live = '', slot = '', ...keys } = (await this.next('chosen')).fields
    const record = way === 'live' ? [] : (await this.next('chosen-record')).block
    const listOf = (name: string) => keys[name]?.split(',') ?? []
    return {
      ...{ release, way: way as Choice['way'], record: record.join('\n'), live: serving(live, slot) },
      ...{ rotated: listOf('rotated'), returning: listOf('returning'), lacking: listOf('lacking') },
    }
  }

  /**
   * Stops what was kept warm for the way back, because what is live has proven itself. Nothing is stopped when something else than `id` is live.
   * @returns the release that was warm, empty when none was, and the one that is live
   */
  async cool(id: string | undefined): Promise<{ release: string; live: string }> {
    this.session.write(`cool ${id ?? '-'}`)
    const { release = '', live = '' } = (await this.next('cooled')).fields
    return { release, live }
  }

  /** The rollback that follows may go back over a contract step of the database. */
  forceSchema(): void {
    this.session.write('force-schema')
  }

  /** Makes `newId` of `id` with the environment that is live now: all of it, or its rotated keys. */
  async repeat(id: string, newId: string, what: 'all' | 'rotated' = 'all'): Promise<void> {
    this.session.write(`repeat ${id} ${newId}${what === 'rotated' ? ' rotated' : ''}`)
    await this.next('repeated')
  }

  /** What became of a release, and which slot is live; of one that was never begun or that was removed again there is nothing left. */
  async outcome(id: string): Promise<{ state: 'live' | 'reverted' | 'aborted' | 'none'; slot: string }> {
    this.session.write(`outcome ${id}`)
    const { state = 'none', slot = '' } = (await this.next('outcome')).fields
    return { state: state as 'none', slot }
  }

  /**
   * Everything up to a healthy candidate that nobody sees.
   * @param then commands that follow in any case: the host goes on to them without waiting for us @throws Settled (aborted)
   */
  async prepare(operation: 'deploy' | 'rollback', id: string, then: readonly string[] = []): Promise<void> {
    this.session.write(`prepare ${operation} ${id}`)
    this.ahead(...then)
    await this.next('prepared')
  }

  /**
   * Leaves what was prepared where it is, for the run that will switch to it.
   * @param by the address of this run; undefined at a terminal
   * @returns the secret that the edge knows the candidate by
   */
  async hold(by: string | undefined, forMs: number): Promise<string> {
    this.session.write(`hold ${by ?? '-'} ${Math.ceil(forMs / 1000)}`)
    const { block } = await this.next('held')
    await this.next('settled')
    return block.join('')
  }

  /** What waits for its switch. By its id any run may go on with it; without one only the run that prepared it. */
  async candidate(by: string | undefined, id: string | undefined): Promise<Candidate> {
    this.session.write(`candidate ${by ?? '-'} ${id ?? '-'}`)
    const { state, release = '', by: owner = '', gone = '', live = '', slot = '' } = (await this.next('candidate')).fields
    const record = state === 'prepared' ? (await this.next('candidate-record')).block.join('\n') : ''
    return { state: state as Candidate['state'], release, by: owner === '-' ? '' : owner, gone, record, live: serving(live, slot) }
  }

  /** Makes sure that the candidate is as well as when it was prepared. @param then as for `prepare` @throws Settled (aborted) */
  async resume(then: readonly string[] = []): Promise<void> {
    this.session.write('resume')
    this.ahead(...then)
    await this.next('prepared')
  }

  /** Removes the candidate. */
  drop(): Promise<Settlement> {
    return this.settle('drop')
  }

  /** The switch and its verification. `onServes`: requests reach the new release. @throws Settled (reverted) */
  async switch(onServes: () => void = () => undefined): Promise<void> {
    this.say('switch')
    if ((await this.next('switched', 'verified')).name === 'verified') return
    onServes()
    await this.next('verified')
  }

  /** Goes on verifying for so long. @throws Settled (reverted) */
  async watch(ms: number): Promise<void> {
    this.session.write(`watch ${ms}`)
    await this.next('watched')
  }

  /** Looks once more, and says yes to the release becoming final. From then on only `commit` makes it so. @throws Settled (reverted) */
  async confirm(): Promise<void> {
    this.session.write('confirm')
    await this.next('confirmed')
  }

  /** Makes the release final: drains and stops the old slot, applies the base. */
  commit(): Promise<Settlement> {
    return this.settle('commit')
  }

  /**
   * As `commit`, but nothing is made anew before `baseInTurn`; afterwards the host waits for `turnIsOver`.
   * @returns services that are to be made anew and that requests may need
   */
  async commitInTurn(): Promise<string[]> {
    this.session.write('commit turn')
    return this.waits()
  }

  /** The same for what a dead run left (`Standing.unfinished`); `over` ends it, and the session goes on. */
  async finishInTurn(): Promise<string[]> {
    this.session.write('finish')
    return this.waits()
  }

  private async waits(): Promise<string[]> {
    const { services = '' } = (await this.next('waits')).fields
    return services.split(',').filter((name) => name !== '')
  }

  /** Status of the health path as a balancer asks for it at this host; undefined where no port of the edge is behind it, or nobody answers. */
  async healthAt(port: number, path: string): Promise<number | undefined> {
    return statusIn(await this.first(`health ${port} ${path}`, 'health'))
  }

  /** Notes that the host is taken out, and lets its health path fail. @returns the status of that path by then */
  async stepAside({ balancer, droplet }: TakenOut, port: number, path: string): Promise<number | undefined> {
    return statusIn(await this.first(`aside ${balancer} ${droplet} ${port} ${path}`, 'health'))
  }

  /** Makes the services anew. @returns whether all of them are well */
  async baseInTurn(): Promise<boolean> {
    return (await this.first('base', 'based')).fields.status === 'yes'
  }

  /** After `commitInTurn`: the run has nothing more to do with the balancer on this host. */
  turnIsOver(): Promise<Settlement> {
    return this.settle('over')
  }

  /** Gives up before or after the switch, as the phase demands. */
  abort(): Promise<Settlement> {
    return this.settle('abort')
  }

  /** Which image the edge is to have at `release edge upgrade`, where nothing else is deployed. */
  async noteEdgeImage(image: string): Promise<void> {
    this.session.write(`edge-image ${image}`)
    await this.next('noted')
  }

  /**
   * Runs a step of a migration that was opened.
   * @returns its exit code (or `timeout`) and all that it said; when the host was told to stop: `stopped`, and in the end what the step `status` says then
   */
  async migrationStep(step: string, seconds: number, crossing: boolean): Promise<{ code: number | 'timeout' | 'stopped'; output: string }> {
    this.session.write(`migration-run ${step} ${seconds}${crossing ? ' crossing' : ''}`)
    const { name, fields, block } = await this.next('migration-step', 'migration-left')
    const code = name === 'migration-left' ? 'stopped' : fields.code === 'timeout' ? 'timeout' : Number(fields.code)
    return { code, output: block.join('\n') }
  }

  /** Sends a command and waits for one of the events that answer it. */
  async first(command: string, ...events: string[]): Promise<{ name: string; fields: Readonly<Record<string, string>> }> {
    this.session.write(command)
    return this.next(...events)
  }

  /** Sends a command and waits for the event that answers it. */
  async ask(command: string, event: string): Promise<void> {
    this.session.write(command)
    await this.next(event)
  }

  /** Ends what the host is doing, which settles as its phase demands: whoever waits for it gets a `Settled`. */
  stop(): void {
    this.session.write('cancel')
  }

  /** What several hosts do is decided: who tells us to stop from here on is not passed on, because it would reach some of them too late. */
  decided(): void {
    this.stopListening()
  }

  /** Gives the lock back, or stops waiting for it, before anything was changed. */
  async letGo(): Promise<void> {
    this.stop()
    await this.session.closed
  }

  /** Leaves without having changed anything. */
  async quit(): Promise<void> {
    this.session.write('quit')
    await this.session.closed
  }

  /** The last failure that the host told, also one after which it went on. */
  get lastFailure(): UserError | undefined {
    return this.failure
  }

  private async settle(command: string): Promise<Settlement> {
    this.say(command)
    return (await this.next('settled')).fields.status as Settlement
  }

  /** Reads on until one of the named events; logs what comes before it. */
  private async next(...names: string[]): Promise<{ name: string; fields: Readonly<Record<string, string>>; block: string[] }> {
    for (;;) {
      const line = parseLine(await this.readLine())
      if (line.kind === 'progress') this.log.info(line.text)
      else if (line.kind === 'noise') this.hear(line.text)
      else if (line.kind === 'raw') this.log.raw([line.text])
      else if (line.kind === 'failure') this.failure = new UserError(line.code, this.quote(line.message))
      else {
        this.ready = true
        this.events.push({ name: line.name, fields: line.fields, at: this.now() })
        if (names.includes(line.name)) return { ...line, block: BLOCKS.has(line.name) ? await this.readBlock() : [] }
        if (line.name === 'settled') throw new Settled(line.fields.status as Settlement, this.failure)
      }
    }
  }

  /** A failure repeats what Compose or a container said. Cut only when it is clean: half of a secret would not be known as one. */
  private quote(message: string): string {
    return this.log.foreign(message).slice(0, 600)
  }

  private hear(noise: string): void {
    this.noise = `${this.noise}${noise}\n`.slice(-500)
    this.log.debug(noise)
  }

  private async readBlock(): Promise<string[]> {
    const block: string[] = []
    for (;;) {
      const line = parseLine(await this.readLine())
      if (line.kind === 'event' && line.name === 'end') return block
      if (line.kind === 'raw') block.push(line.text)
    }
  }

  private async readLine(): Promise<string> {
    const { value, done } = await this.lines.next()
    if (!done) return value
    this.stopPings()
    const { code } = await this.session.closed
    if (this.failure !== undefined && code !== null) throw this.failure
    if (!this.ready && code !== null) throw notStarted(this.remote, `exit code ${code}`, this.noise + this.session.stderrTail())
    throw new AgentLost(this.remote.name, code, this.session.stderrTail())
  }
}

function standingIn({
  release = '',
  kept = '',
  alone = '',
  back = '',
  out = '',
  unfinished = '',
}: Readonly<Record<string, string>>): Standing {
  const [, balancer, droplet] = /^([0-9a-f-]{36}):(\d+)$/.exec(out) ?? []
  return {
    ...{ release, kept: kept.split(',').filter((id) => id !== ''), alone: alone !== '' },
    ...(back !== '' && { takenBack: back }),
    ...(balancer !== undefined && { out: { balancer, droplet: Number(droplet) } }),
    ...(unfinished === 'yes' && { unfinished: true }),
  }
}

const statusIn = ({ fields }: { fields: Readonly<Record<string, string>> }): number | undefined =>
  fields.status === undefined || fields.status === 'none' ? undefined : Number(fields.status)

/** What serves, from the fields of the host: before the first release its flag says `none`. */
export const serving = (release: string, slot: string): Choice['live'] => ({ release, slot: slot === 'none' ? '' : slot })

function notStarted({ name, sudo }: Pick<Remote, 'name' | 'sudo'>, how: string, said: string): UserError {
  const hint =
    'The account may be restricted (`nologin` as its shell, or a forced command). Give it a plain shell: `ssh <user>@<host> true` must work.'
  const words = said.trim() === '' ? '' : `: ${said.trim().split('\n').slice(-3).join(' / ')}`
  if (sudo && /sudo|deploy-actions-agent/.test(said)) return sudoRefused(name, words)
  return new UserError('DA-SSH-EXEC', `${name} runs no commands of ours (${how})${words}`, { hint })
}

/** Whatever sudo says, what mends it is the same. */
function sudoRefused(name: string, words: string): UserError {
  const user = name.slice(0, name.lastIndexOf('@'))
  const hint = `As root on the host, once: docs/guide-sudo.md. It installs that program and gives sudo this line: \`${user} ALL=(root) NOPASSWD: ${sudoProgram}\`.`
  return new UserError('DA-HOST-SUDO', `${name} may not run ${sudoProgram} by sudo without a password${words}`, { hint })
}
