import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Box, Lab } from './lab.ts'
import { openStage } from './scenarios/stage.ts'

let lab: Lab
let box: Box

beforeAll(async () => {
  ;({ lab, box } = await openStage())
})

beforeEach(() => box.reset())

test('a box is a small server: an engine and Compose, but no curl, jq, python or wget', async () => {
  const found = await box.exec('docker compose version --short && for tool in curl jq python3 wget; do command -v $tool; done; true')
  expect(found.stdout.trim()).toMatch(/^2\.26/)
})

test('only members of the docker group may talk to the engine', async () => {
  expect(await box.exec('docker ps -q', { user: 'deploy' })).toMatchObject({ code: 0 })
  expect(await box.exec('docker ps -q', { user: 'nodocker' })).toMatchObject({ code: 1 })
})

test('a box without power comes back with the containers that shall always run', async () => {
  await box.exec(
    `docker run -d --name kept --restart always ${lab.image('api', 'v1')}; docker run -d --name left ${lab.image('api', 'v1')}`,
  )
  await box.restart()
  expect((await box.exec('docker ps --format "{{.Names}}"')).stdout.trim()).toBe('kept')
})

test('containers live on while dockerd is dead', async () => {
  await box.exec(`docker run -d --name api --restart always ${lab.image('api', 'v1')}`)
  await box.killDockerd({ downForMs: 1000 })
  expect((await box.exec('docker ps')).code).not.toBe(0)
  expect((await box.exec('pgrep -x sample')).code).toBe(0)
  await box.ready()
})

test('reset leaves a bare host, also of processes that left their session', async () => {
  await box.exec(`mkdir -p /opt/app && docker volume create data && docker network create extra && docker run -d ${lab.image('api', 'v1')}`)
  await box.exec('setsid flock /opt/app/lock sleep 1000 >/dev/null 2>&1 & sleep 0.2')
  await box.reset()
  const left = await box.exec('docker ps -aq; docker volume ls -q; docker network ls -q --filter type=custom; ls /opt; pgrep -x flock')
  expect(left.stdout).toBe('')
})

test('the registry with a login asks for it', async () => {
  const { address, username, password } = lab.loginRegistry
  const pull = `docker pull -q ${lab.privateImage('v1')}`
  expect((await box.exec(pull)).stderr).toContain('no basic auth credentials')
  await box.exec(`docker login -u ${username} --password-stdin ${address}`, { stdin: password })
  expect((await box.exec(pull)).code).toBe(0)
})

test('replacing containers in place, as everybody does, loses requests, and the load sees it', async () => {
  const compose = readFileSync(path.join(lab.sample, 'compose.yaml'), 'utf8')
  await box.exec('mkdir -p /opt/app && cat >/opt/app/compose.yaml', { stdin: compose })
  const front = `docker run -d -p 80:80 --network sample_default ${lab.edgeImage} caddy reverse-proxy --from :80 --to web:8000`
  await box.exec(`cd /opt/app && docker compose up -d --wait && ${front} && sleep 1`)
  const load = await lab.load({
    url: `http://${box.address}`,
    workerStats: `http://${box.address}:9100/stats`,
    kinds: ['get', 'post-close'],
  })
  await box.exec('cd /opt/app && TAG=v2 docker compose up -d --no-deps web api')
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const report = await load.stop()
  expect(report.versions.map(({ version }) => version)).toEqual(['v1', 'v2'])
  expect(report.lost).toBeGreaterThan(100)
  expect(report.worker?.lost).toBeGreaterThan(0)
})

test('the wire to a box can be cut', async () => {
  const proxy = await lab.sshProxy(box)
  const socket = connect(proxy.port, proxy.address)
  const banner = await new Promise((resolve) => socket.once('data', (data) => resolve(String(data))))
  expect(banner).toContain('SSH-2.0-OpenSSH')
  const error = new Promise((resolve) => socket.once('error', (found) => resolve((found as NodeJS.ErrnoException).code)))
  proxy.reset()
  expect(await error).toBe('ECONNRESET')
  await proxy.close()
})
