import { connect } from 'node:net'
import { expect, test } from '@jest/globals'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { ground } from './ground.ts'

const scene = ground()
const LAST_PORT = 65_535

/** Whether somebody takes a connection there. Ports of the lab's hosts refuse at once; what is silent for two seconds counts as closed. */
const isOpen = (host: string, port: number) =>
  new Promise<boolean>((resolve, reject) => {
    const socket = connect({ host, port, timeout: 2000 })
    const end = (open: boolean) => () => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', end(true)).once('timeout', end(false))
    socket.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNREFUSED' ? end(false)() : reject(error)))
  })

async function openPorts(host: string): Promise<number[]> {
  const open: number[] = []
  for (let from = 1; from <= LAST_PORT; from += 500) {
    const ports = Array.from({ length: Math.min(500, LAST_PORT - from + 1) }, (_, at) => from + at)
    const found = await Promise.all(ports.map((port) => isOpen(host, port)))
    open.push(...ports.filter((_, at) => found[at]))
  }
  return open
}

test('from outside SSH, the edge and what the Compose file publishes answer, and no other port; the deploy has told the latter', async () => {
  const { box } = scene.stage
  const { consumer } = await scene.given(['v1'], { inputs: { routes: 'shop.local -> web:8000\n:80 -> web:8000' } })
  const step = await consumer.deploy('v2')
  expectStatus(step, 'deployed')
  expect(step.stdout).toContain('open to everybody on all addresses of the host, past ufw: worker 9100')
  expect(await openPorts(box.address)).toEqual([22, 80, 443, 9100])
})
