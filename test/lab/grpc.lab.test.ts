import { connect } from 'node:http2'
import { expect, test } from '@jest/globals'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { ground } from './ground.ts'

// HTTP/2 without TLS, as gRPC services speak it. What a single call does on its way (streaming both ways, trailers) stands in edge-h2c.lab.test.ts.

const scene = ground()

const service = (version: string): string => `{
	admin off
	auto_https off
	servers {
		protocols h1 h2 h2c
	}
}
http://:50051 {
	header Content-Type application/grpc
	header X-Speaks {http.request.proto}
	respond "${version}"
}
`

function rpc() {
  const compose = `name: sample
services:
  rpc:
    image: ${scene.stage.lab.edgeImage}
    command: ["caddy", "run", "--config", "/etc/rpc", "--adapter", "caddyfile"]
    volumes: ["./rpc:/etc/rpc:ro"]
`
  const inputs = {
    ...{ images: 'none', switch: '', routes: ':80 -> h2c://rpc:50051', health: 'rpc: tcp :50051' },
    verify: `${scene.stage.url}/ 200`,
  }
  return scene.consumer({ compose, inputs, files: { rpc: service('v1') } })
}

/** Calls again and again over one connection that stays open, as gRPC clients do, while the work goes on. */
async function whileCalled(work: () => Promise<unknown>): Promise<{ answers: string[]; lost: string[]; connections: number }> {
  const answers: string[] = []
  const lost: string[] = []
  const calls: Promise<unknown>[] = []
  let connections = 0
  let client: ReturnType<typeof connect> | undefined
  const open = () => {
    if (client !== undefined && !client.closed && !client.destroyed) return client
    connections += 1
    client = connect(scene.stage.url)
    client.on('error', (error) => lost.push(`the connection: ${error.message}`))
    return client
  }
  const call = () =>
    new Promise<void>((resolve) => {
      const stream = open().request({ ':method': 'POST', ':path': '/shop.Shop/Buy', te: 'trailers', 'content-type': 'application/grpc' })
      let text = ''
      let head = ''
      stream.on('response', (headers) => {
        head = `${headers[':status']} ${headers['x-speaks']}`
      })
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      stream.on('error', (error) => lost.push(error.message))
      stream.on('close', () => {
        if (head === '200 HTTP/2.0') answers.push(text)
        else lost.push(`${head} ${text}`)
        resolve()
      })
      stream.end()
    })
  let going = true
  const caller = (async () => {
    while (going) {
      calls.push(call())
      await sleep(15)
    }
  })()
  await sleep(500)
  await work()
  await sleep(500)
  going = false
  await caller
  await Promise.all(calls)
  client?.close()
  return { answers, lost: lost.slice(0, 5), connections }
}

test('calls over HTTP/2 go on over a deploy and a rollback, in the very same connection', async () => {
  const { box } = scene.stage
  await box.reset()
  const consumer = rpc()
  expectStatus(await consumer.deploy('v1'), 'deployed')
  consumer.write('rpc', service('v2'))
  const forth = await whileCalled(async () => expectStatus(await consumer.deploy('v2'), 'deployed'))
  const back = await whileCalled(async () => expectStatus(await consumer.rollback(), 'rolled-back'))
  expect([forth.lost, back.lost, forth.connections, back.connections]).toEqual([[], [], 1, 1])
  expect([turns(forth.answers), turns(back.answers)]).toEqual([
    ['v1', 'v2'],
    ['v2', 'v1'],
  ])
  await expectSettled(box)
})

/** Each answer that differs from the one before. */
const turns = (answers: readonly string[]): string[] => answers.filter((answer, index) => answer !== answers[index - 1])
