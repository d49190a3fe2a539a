import type { Consumer, Step, StepOptions } from '../scenarios/consumer.ts'

/** One step of the demo. */
export interface Chapter {
  title: string
  /** What is about to happen and what to look for, before it happens. */
  told: string
  /** How the step has to end. */
  status: string
  /** Versions that may answer meanwhile, in the order of their first answer; none when nothing can be asked yet. */
  versions: string[]
  /** The first of them serves again in the end. */
  returns?: true
  play(consumer: Consumer, watch: NonNullable<StepOptions['watch']>): Promise<Step>
}

export const chapters: Chapter[] = [
  {
    title: 'first deploy, v1',
    told: 'A bare host gets version 1: two services that switch (web and api), a worker and a database, and a small proxy, the edge.',
    status: 'deployed',
    versions: [],
    play: (consumer, watch) => consumer.deploy('v1', { watch }),
  },
  {
    title: 'v2 under load',
    told: 'Version 2, while users send requests: GET and POST, kept connections and new ones, some that take 1.5 s. It starts beside v1, takes over at one instant, and v1 answers what it had begun. The sample dies at once when it is stopped: only draining saves its requests.',
    status: 'deployed',
    versions: ['v1', 'v2'],
    play: (consumer, watch) => consumer.deploy('v2', { watch }),
  },
  {
    title: 'a release that never gets healthy',
    told: 'The next release starts, but its health check never agrees. It must not be seen by anybody.',
    status: 'aborted',
    versions: ['v2'],
    play: (consumer, watch) => consumer.deploy('unhealthy', { watch, inputs: { 'health-timeout': '8s' } }),
  },
  {
    title: 'a release that fails after the switch',
    told: 'This one is healthy, but its page /ready answers 500. That is noticed only after the switch, by asking through the edge as users do. v2 must be back by itself.',
    status: 'reverted',
    versions: ['v2', 'bad-ready'],
    returns: true,
    play: (consumer, watch) => consumer.deploy('bad-ready', { watch }),
  },
  {
    title: 'rollback to v1',
    told: 'Somebody finds that v2 computes wrong prices. One step brings the last good release back, with its images and its environment.',
    status: 'rolled-back',
    versions: ['v2', 'v1'],
    play: (consumer, watch) => consumer.rollback({ watch }),
  },
]
