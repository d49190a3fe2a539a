import { createHash } from 'node:crypto'
import type { SshProxy } from '../lab.ts'
import { type Consumer, directory, type Step, type StepOptions } from '../scenarios/consumer.ts'
import type { Stage } from '../scenarios/stage.ts'
import { sleep } from '../scenarios/under-load.ts'
import { openHostShell } from './host-shell.ts'
import { type Killer, kill, type Victims } from './killers.ts'
import type { KillPoint } from './points.ts'

type Moment = Omit<KillPoint, 'serves'>

export interface Struck {
  step: Step
  /** Whether the moment came, and the kill with it. */
  reached: boolean
  /** The journal that a killed agent left. */
  journal: string
}

/** Runs a deploy of `tag`, or a rollback, over a wire that can be cut, and kills at the point. `through`: how the step is told of the wire. */
export async function strike(
  stage: Stage,
  consumer: Consumer,
  tag: string,
  point: Moment,
  killer: Killer,
  through = (wire: SshProxy): StepOptions => ({ via: wire }),
): Promise<Struck> {
  const wire = await stage.lab.sshProxy(stage.box)
  const host = await openHostShell(stage.box)
  const victims: Victims = { box: stage.box, host, wire, runner: () => {} }
  let killed: Promise<string> | undefined
  const now = (): void => {
    killed ??= kill(killer, victims)
  }
  const watch: StepOptions['watch'] = (stdout, end) => {
    victims.runner = () => end('SIGKILL')
    if ('text' in point.when && stdout.search(point.when.text) >= 0) setTimeout(now, point.when.laterMs ?? 0)
  }
  const onHost = 'host' in point.when ? await waitOnHost(stage, point.when.host, now) : undefined
  try {
    if (point.needs === 'pull') await forgetImages(stage, tag)
    if (point.operation === 'resume') await run(consumer, tag, { ...point, operation: 'hold' }, {})
    if (point.needs === 'changed base') consumer.write('.env', `WORKER_NOTE=${createHash('sha1').update(tag).digest('hex')}\n`)
    const step = await run(consumer, tag, point, { ...through(wire), watch })
    await onHost?.stop()
    return { step, reached: killed !== undefined, journal: (await killed) ?? '' }
  } finally {
    host.close()
    await wire.close()
  }
}

function run(consumer: Consumer, tag: string, { operation }: Moment, options: StepOptions): Promise<Step> {
  if (operation === 'deploy') return consumer.deploy(tag, options)
  if (operation === 'rollback') return consumer.rollback(options)
  // Two steps of one workflow run.
  const phase = operation === 'hold' ? 'prepare' : 'switch'
  return consumer.deploy(tag, { ...options, env: { GITHUB_RUN_ID: '6001' }, inputs: { phase } })
}

/** Watches the host from the host itself, many times a second. `$before` is what the switch said at first. */
async function waitOnHost({ box }: Stage, condition: string, then: () => void): Promise<{ stop(): Promise<void> }> {
  const mark = `/tmp/kill-point-${Math.random().toString(36).slice(2)}`
  // Before a first release there is nothing to look at yet.
  const loop = `until cd ${directory} 2>/dev/null; do sleep 0.01; done; before=$(ls switch); : >${mark} && while [ -e ${mark} ]; do if ${condition}; then exit 0; fi; sleep 0.01; done; exit 1`
  const waited = box.exec(loop).then(({ code }) => {
    if (code === 0) then()
  })
  await sleep(300)
  return {
    async stop() {
      await box.exec(`rm -f ${mark}`)
      await waited
    },
  }
}

/** The layers stay, so that the pull is there to be killed but does not take long. */
async function forgetImages({ box, lab }: Stage, tag: string): Promise<void> {
  await box.exec(`docker rmi ${lab.image('web', tag)} ${lab.image('api', tag)}`)
}
