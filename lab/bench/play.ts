import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Consumer, type Step } from '../scenarios/consumer.ts'
import { expectStatus } from '../scenarios/settled.ts'
import { openStage, type Stage } from '../scenarios/stage.ts'
import { labFolder } from '../state.ts'
import { machineFacts } from './machine.ts'
import { type Change, measureChange, measureExit, measureStart } from './measure.ts'
import { PlainWay } from './plain-way.ts'

/** Everything that was measured, run by run; times in milliseconds. */
export interface Figures {
  date: string
  machine: Record<string, string | number>
  load: string
  app: string
  /** Neither of a pair verifies what it released; no slow requests in flight. */
  pairs: { ours: Change[]; plain: Change[] }
  /** As people run it: our defaults (5 s of verification), and with requests of 1.5 s in flight for both. */
  defaults: { ours: Change[]; plain: Change[] }
  rollbackWarm: Change[]
  rollbackCold: Change[]
  exitAtStart: { refused: number; step: number }[]
  start: { bare: number; bundle: number }[]
}

type Say = (line: string) => void

/** Plays everything `runs` times on one box, both ways side by side, the one that is not measured idle. */
export async function playBench(runs: number, say: Say): Promise<Figures> {
  const stage = await openStage({ say })
  await stage.box.reset()
  const compose = readFileSync(path.join(import.meta.dirname, 'compose.yaml'), 'utf8')
  const consumer = new Consumer(stage, { compose, inputs: { 'verify-for': '0s' } })
  try {
    return await new Bench(stage, consumer, runs, say).play()
  } finally {
    consumer.close()
  }
}

class Bench {
  readonly #stage: Stage
  readonly #consumer: Consumer
  readonly #plain: PlainWay
  readonly #runs: number
  readonly #say: Say
  #turn = 0

  constructor(stage: Stage, consumer: Consumer, runs: number, say: Say) {
    this.#stage = stage
    this.#consumer = consumer
    this.#plain = new PlainWay(stage)
    this.#runs = runs
    this.#say = say
  }

  async play(): Promise<Figures> {
    const machine = await machineFacts(this.#stage)
    this.#say('bringing both up')
    // Every version once: no run below has to pull what another one had on the host already.
    for (const tag of ['v1', 'v2', 'v3', 'v4', 'v5', 'v6']) await this.#deploy(tag)
    await this.#plain.prepare('v6')
    return {
      date: new Date().toISOString(),
      machine,
      load: '330 requests a second: GET and POST, on kept and new connections; in `defaults` 5 a second of them take 1.5 s',
      app: 'two services, 1.5 s until they answer, dead at once on SIGTERM; images on the host already',
      pairs: await this.#pairs('pairs, nothing verified', {}, false),
      defaults: await this.#pairs('pairs, our defaults, slow requests in flight', { 'verify-for': '5s' }, true),
      rollbackWarm: await this.#rollbacks('rollback, previous still warm', '1h'),
      rollbackCold: await this.#rollbacks('rollback, previous stopped', '0s'),
      exitAtStart: await this.#times('a release that exits at its start', () => measureExit(this.#stage, this.#consumer)),
      start: await this.#times('start of the bundle', () => measureStart(path.join(labFolder, '../dist/deploy-compose-ssh/index.cjs'))),
    }
  }

  #next(): string {
    this.#turn += 1
    return `v${(this.#turn % 6) + 1}`
  }

  async #deploy(tag: string, inputs: Record<string, string> = {}): Promise<Step> {
    const step = await this.#consumer.deploy(tag, { inputs })
    expectStatus(step, 'deployed')
    return step
  }

  async #pairs(name: string, inputs: Record<string, string>, slow: boolean): Promise<{ ours: Change[]; plain: Change[] }> {
    const ours: Change[] = []
    const plain: Change[] = []
    await this.#times(name, async () => {
      const tag = this.#next()
      plain.push(await measureChange(this.#stage, this.#plain.url, tag, () => this.#plain.deploy(tag), { slow }))
      ours.push(await measureChange(this.#stage, this.#stage.url, tag, () => this.#deploy(tag, inputs), { slow }))
    })
    return { ours, plain }
  }

  #rollbacks(name: string, warm: string): Promise<Change[]> {
    return this.#times(name, async () => {
      const back = this.#next()
      await this.#deploy(back)
      await this.#deploy(this.#next(), { 'warm-previous': warm })
      return measureChange(this.#stage, this.#stage.url, back, async () => {
        const step = await this.#consumer.rollback()
        expectStatus(step, 'rolled-back')
        return step
      })
    })
  }

  async #times<T>(name: string, work: () => Promise<T>): Promise<T[]> {
    const done: T[] = []
    for (let run = 1; run <= this.#runs; run++) {
      this.#say(`${name}: ${run} of ${this.#runs}`)
      done.push(await work())
    }
    return done
  }
}
