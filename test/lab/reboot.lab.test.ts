import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { full } from '../../lab/of-the-day.mjs'
import { expectSettled } from '../../lab/scenarios/settled.ts'
import { ground, home } from './ground.ts'

const scene = ground()

/** The sample project with each restart policy that a service can have: web none, api always, worker unless-stopped, store none. */
function everyPolicy(): string {
  const sample = readFileSync(`${scene.stage.lab.sample}/compose.yaml`, 'utf8')
  return sample
    .replace('    restart: unless-stopped\n', '')
    .replace('    depends_on:\n      - store\n', '    depends_on:\n      - store\n    restart: always\n')
    .replace('    restart: always\n\n  store:', '    restart: unless-stopped\n\n  store:')
}

const warm = { 'warm-previous': '1h' }
const reboots: [string, string, { graceful: boolean }, Record<string, string>][] = [
  ['a power cut', 'warm', { graceful: false }, warm],
  ['a planned reboot', 'stopped', { graceful: true }, {}],
]
const more: typeof reboots = [
  ['a power cut', 'stopped', { graceful: false }, {}],
  ['a planned reboot', 'warm', { graceful: true }, warm],
]

test.each([...reboots, ...(full ? more : [])])(
  'after %s, with the previous release %s, exactly the live one and its base run',
  async (_how, _previous, reboot, inputs) => {
    const { box, url } = scene.stage
    await scene.given(['v1', 'v2'], { compose: everyPolicy(), inputs })
    await box.restart(reboot)
    const names = async () => (await box.exec("docker ps --format '{{.Names}}' | sort | tr '\\n' ' '")).stdout.trim()
    // dockerd answers before it has started every container.
    await until(async () => (await names()).split(' ').length >= 5)
    expect(await names()).toBe('sample-edge-edge-1 sample-green-api-green-1 sample-green-web-green-1 sample-store-1 sample-worker-1')
    await until(async () => (await home(url).catch(() => ({}) as Record<string, string>)).version === 'v2')
    await expectSettled(box)
  },
)

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('it did not come about within 30 s')
}
