import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground } from './ground.ts'

const scene = ground()

test('a release that listens at another port loses nothing, forward, back and taken back, also for who calls the old port by name', async () => {
  const compose = readFileSync(`${scene.stage.lab.sample}/compose.yaml`, 'utf8')
  const { consumer } = await scene.given(['v1'], { compose })
  consumer.write('compose.yaml', compose.replace('GREETING:', "PORT: '8080'\n      GREETING:"))
  const moved = { inputs: { routes: ':80 -> web:8080' } }
  const { report, result } = await underLoad(scene.stage, async () => [await consumer.deploy('v2', moved), await consumer.rollback()])
  expect(result.map(({ status }) => status)).toEqual(['deployed', 'rolled-back'])
  expectNothingLost(report, { versions: ['v1', 'v2'], returns: true, reloads: 4 })
  await expectSettled(scene.stage.box)

  const bad = await underLoad(scene.stage, () => consumer.deploy('bad-ready', moved))
  expectStatus(bad.result, 'reverted')
  expectNothingLost(bad.report, { returns: true, reloads: 2 })

  for (const tag of ['v3', 'v4']) expectStatus(await consumer.deploy(tag, moved), 'deployed')
  const old = await scene.stage.box.exec('docker exec sample-edge-edge-1 wget -q -T 3 -O - http://web:8000/ || echo gone')
  expect(old.stdout.trim()).toBe('gone')
  await expectSettled(scene.stage.box)
})

test('an edge that loads its configuration again and again resets nobody, and drops next to nobody', async () => {
  await scene.given(['v1'])
  const closing = 'touch /opt/sample/switch/closing; sleep 1; '
  const reload =
    'docker exec sample-edge-edge-1 caddy reload --force --config /etc/caddy/Caddyfile --adapter caddyfile --address 127.0.0.1:2019'
  const { report } = await underLoad(scene.stage, () =>
    scene.stage.box.exec(`${closing}for i in $(seq 40); do ${reload}; done; rm /opt/sample/switch/closing`),
  )
  expectNothingLost(report, { reloads: 40 })
})
