import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

const scene = ground()

/** The consumer's own Caddy, as it stood before anybody heard of us. It says https, as one with a certificate does. */
const proxy = `
  proxy:
    image: \${REGISTRY:-172.31.250.2:5000}/caddy:2
    command: caddy run --config /etc/caddy/Caddyfile --adapter caddyfile
    ports:
      - "8080:8080"
    volumes:
      - ./Caddyfile:/etc/caddy/Caddyfile:ro
    restart: unless-stopped

volumes:`
const caddyfile = `{
	admin off
}
:8080 {
	reverse_proxy web:8000 {
		header_up X-Forwarded-Proto https
	}
}
`

test("behind the user's own Caddy, unedited, nothing is lost and the app sees https and the client", async () => {
  const compose = readFileSync(`${scene.stage.lab.sample}/compose.yaml`, 'utf8').replace('\nvolumes:', proxy)
  const inputs = { routes: '', switch: 'web:8000\napi:9000', verify: '' }
  const { consumer } = await scene.given(['v1'], { compose, files: { Caddyfile: caddyfile }, inputs })
  const url = `http://${scene.stage.box.address}:8080`
  const { report, result } = await underLoad({ ...scene.stage, url }, async () => [await consumer.deploy('v2'), await consumer.rollback()])
  expectStatus(result[0] as (typeof result)[number], 'deployed')
  expectStatus(result[1] as (typeof result)[number], 'rolled-back')
  expectNothingLost(report, { versions: ['v1', 'v2'], returns: true })
  const seen = await home(url)
  expect(seen).toMatchObject({ version: 'v1', proto: 'https', host: `${scene.stage.box.address}:8080` })
  // The lab's bridge has this machine at its first address.
  expect(seen.client?.split(',')[0]).toBe('172.31.250.1')
  await expectSettled(scene.stage.box)
})
