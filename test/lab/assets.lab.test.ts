import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { type Consumer, directory } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { ground } from './ground.ts'

const scene = ground()

/** A web server that serves nothing but the files of its release: a page, and a script with the version in its name. */
function site(): Consumer {
  const compose = `name: sample
services:
  web:
    image: ${scene.stage.lab.edgeImage}
    command: ["caddy", "file-server", "--listen", ":8000", "--root", "/srv"]
    volumes: ["./public:/srv:ro"]
`
  const inputs = {
    ...{ images: 'none', switch: '', health: 'web: http :8000/', verify: `${scene.stage.url}/ 200`, 'verify-for': '0s' },
    ...{ assets: 'web: /static/* from /srv/static', 'keep-releases': '3' },
  }
  return scene.consumer({ compose, inputs })
}

async function deploy(consumer: Consumer, version: string, inputs: Record<string, string> = {}) {
  const folder = path.join(consumer.folder, 'public')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(path.join(folder, 'static'), { recursive: true })
  consumer.write('public/index.html', `<script src="/static/app.${version}.js"></script>`)
  consumer.write(`public/static/app.${version}.js`, `"${version}"`)
  consumer.write('public/static/logo.txt', version)
  consumer.write('public/static/help.html', version)
  const step = await consumer.deploy(version, { inputs })
  expectStatus(step, 'deployed')
  return step
}

const get = (name: string, init?: RequestInit) => fetch(`${scene.stage.url}${name}`, init)

/** Asks for these files again and again while the work goes on, as pages do that are open. Anything but the file itself is lost. */
async function whileOpenPagesAsk(versions: readonly string[], work: () => Promise<unknown>): Promise<{ asked: number; lost: string[] }> {
  const lost: string[] = []
  let asked = 0
  let going = true
  const page = async (version: string) => {
    while (going) {
      asked += 1
      const answer = await get(`/static/app.${version}.js`).then(
        async (response) => `${response.status} ${await response.text()}`,
        (error: unknown) => String(error),
      )
      if (answer !== `200 "${version}"`) lost.push(`app.${version}.js: ${answer}`)
      await sleep(10)
    }
  }
  const pages = versions.map(page)
  await work()
  await sleep(1_000)
  going = false
  await Promise.all(pages)
  return { asked, lost: lost.slice(0, 5) }
}

test('an old page that is still open gets its files, deploy after deploy, and after a rollback', async () => {
  const { box } = scene.stage
  await box.reset()
  const consumer = site()
  // The first one knows nothing of `assets` yet.
  await deploy(consumer, 'v1', { assets: '' })
  const asked = []
  asked.push(await whileOpenPagesAsk(['v1'], () => deploy(consumer, 'v2')))
  asked.push(await whileOpenPagesAsk(['v1', 'v2'], () => deploy(consumer, 'v3')))
  expect((await get('/static/app.v1.js')).headers.get('content-type')).toMatch(/javascript/)
  asked.push(await whileOpenPagesAsk(['v3', 'v2'], async () => expectStatus(await consumer.rollback(), 'rolled-back')))
  for (const { asked: number, lost } of asked) {
    expect(lost).toEqual([])
    expect(number).toBeGreaterThan(100)
  }
  // What the live release has is its own, and nothing but files below the path comes from the kept ones.
  expect(await (await get('/static/logo.txt')).text()).toBe('v2')
  expect((await get('/static/app.v1.js', { method: 'POST' })).status).not.toBe(200)
  for (const other of ['/static/none.js', '/app.v1.js', '/static/', '/.assets/web/static/app.v1.js', '/static/%2e%2e/%2e%2e/green'])
    expect(`${other} ${(await get(other)).status}`).toBe(`${other} 404`)
  await expectSettled(box)
})

test('the files of a release go with it, and a release without its folder is refused unseen', async () => {
  const { box } = scene.stage
  await box.reset()
  const consumer = site()
  for (const version of ['v1', 'v2']) await deploy(consumer, version, { 'keep-releases': '2' })
  expect((await get('/static/app.v1.js')).status).toBe(200)
  await deploy(consumer, 'v3', { 'keep-releases': '2' })
  expect([(await get('/static/app.v1.js')).status, (await get('/static/app.v2.js')).status]).toEqual([404, 200])
  expect((await box.exec(`ls -A ${directory}/switch | sort | tr '\\n' ' '; ls ${directory}/switch/.assets/web/static`)).stdout).toMatch(
    /^\.assets \.assets-[ab] (blue|green) app\.v2\.js\napp\.v3\.js\n/,
  )
  const step = await consumer.deploy('v4', { inputs: { assets: 'web: /static/* from /srv/none', 'verify-for': '0s' } })
  expectStatus(step, 'aborted')
  expect(step.annotations.map(({ title }) => title)).toContain('DA-ASSETS-MISSING')
  expect(await (await get('/static/app.v3.js')).text()).toBe('"v3"')
  await expectSettled(box)
})
