import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { expect, test } from '@jest/globals'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { ground } from './ground.ts'

// A Caddy of the project, with ports 80 and 443 and a certificate, is taken out of the file: the edge takes its place. The name is one for
// which every Caddy asks its own authority, which stands for Let's Encrypt here.

const scene = ground()
const NAME = 'sample.local'
const folder = '/srv/sample'
const caddyfile = `${NAME} {\n\treverse_proxy web:8000\n}\n`
const proxy = `
  proxy:
    image: \${REGISTRY:-172.31.250.2:5000}/caddy:2
    ports:
      - "80:80"
      - "443:443"
    volumes:
      - ./Caddyfile:/etc/caddy/Caddyfile:ro
      - caddy-data:/data
    restart: unless-stopped

volumes:
  caddy-data:`

async function must(command: string, stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await scene.stage.box.exec(command, { stdin, timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stderr}`)
  return stdout.trim()
}

/** What a visitor sees: the release, and the serial number of the certificate. */
function visit(): Promise<{ version: string; serial: string }> {
  const options = { host: scene.stage.box.address, servername: NAME, headers: { host: NAME }, rejectUnauthorized: false, agent: false }
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => {
      const serial = (answer.socket as TLSSocket).getPeerCertificate().serialNumber
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve({ version: JSON.parse(text).version, serial })
        else reject(new Error(`answered ${answer.statusCode}`))
      })
    })
    asked.on('error', reject).end()
  })
}

async function untilAnswers(): Promise<{ version: string; serial: string }> {
  for (let tries = 0; tries < 150; tries++) {
    const seen = await visit().catch(() => undefined)
    if (seen !== undefined) return seen
    await sleep(100)
  }
  return visit()
}

test('the edge takes the place of a Caddy that people started: the same certificate, and none is ordered', async () => {
  const { box, lab } = scene.stage
  const own = readFileSync(`${lab.sample}/compose.yaml`, 'utf8').replace('name: sample\n', '')
  await box.reset()
  await must(`mkdir -p ${folder} && cat >${folder}/Caddyfile`, caddyfile)
  await must(`cat >${folder}/compose.yaml && cd ${folder} && docker compose up -d --wait`, own.replace('\nvolumes:', proxy))
  const before = await untilAnswers()
  expect(before.version).toBe('v1')
  const container = await must('docker ps -q --no-trunc --filter name=sample-proxy')

  const inputs = { routes: `${NAME} -> web:8000`, verify: `https://${NAME}/ready 200`, 'remove-orphans': 'true' }
  const consumer = scene.consumer({ compose: own, inputs })
  const unasked = await consumer.deploy('v2', { inputs: { 'remove-orphans': 'false', 'dry-run': 'true' } })
  expect(unasked.annotations.at(-1)).toMatchObject({
    title: 'DA-HOST-PORT-TAKEN',
    message: expect.stringContaining('remove-orphans: true'),
  })

  const dry = await consumer.deploy('v2', { inputs: { 'dry-run': 'true' } })
  expectStatus(dry, 'planned')
  for (const words of ['sample-proxy-1 is in the file no more', `for ${NAME}`, 'volume "sample_caddy-data"', 'Port 80, 443 is handed over'])
    expect(dry.stdout).toContain(words)

  expectStatus(await consumer.deploy('bad-ready'), 'reverted')
  expect(await must('docker ps -q --no-trunc --filter name=sample-proxy')).toBe(container)
  expect(await visit()).toEqual(before)

  const taken = await consumer.deploy('v2')
  expectStatus(taken, 'deployed')
  expect(taken.stdout).toContain(`the certificate of ${NAME} is taken over from sample_caddy-data`)
  expect(taken.stdout).toMatch(/handover: port 80 443 did not answer for at most \d+ ms/)
  expect(await visit()).toEqual({ ...before, version: 'v2' })
  const logs = await must('docker logs sample-edge-edge-1 2>&1')
  expect(logs).not.toMatch(/obtaining certificate|certificate obtained/)

  const data = '/opt/sample/edge/data/caddy'
  expect(await must(`stat -c %a ${data}/certificates/local/${NAME}/${NAME}.key`)).toBe('600')
  const root = 'caddy/pki/authorities/local/root.crt'
  await must(`cmp /opt/sample/edge/data/${root} "$(docker volume inspect -f '{{.Mountpoint}}' sample_caddy-data)/${root}"`)
  expect(await must('docker ps -aq --filter name=sample-proxy')).toBe('')
  await expectSettled(box)

  expectStatus(await consumer.deploy('v3'), 'deployed')
  expect(await visit()).toEqual({ ...before, version: 'v3' })
})
