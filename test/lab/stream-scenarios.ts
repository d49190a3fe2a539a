import { expect, test } from '@jest/globals'
import { type OpenStream, openEvents, openWebSocket } from '../../lab/scenarios/open-stream.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

/** How the streams of a release fare when it is switched from. */
interface Fate {
  socket: OpenStream
  events: OpenStream
  /** Opened as soon as the new release served. */
  newSocket: OpenStream
  newEvents: OpenStream
  /** When the new release was first seen. */
  switched: number
  log: string
}

/** What open WebSockets and server-sent events see of a deploy, with a Caddy that can keep them over a reload and with one that cannot. */
export function streamScenarios(caddy: 'debian' | 'current'): void {
  const scene = ground(caddy)
  const inputs = { 'stream-drain-timeout': '4s' }

  async function acrossDeploy(tag: string, more: Record<string, string> = {}): Promise<Fate> {
    const { consumer } = await scene.given(['v1'], { inputs })
    const { url } = scene.stage
    const [socket, events] = await Promise.all([openWebSocket(url), openEvents(url)])
    const deploying = consumer.deploy(tag, { inputs: more })
    while ((await home(url)).version !== tag) await sleep(50)
    const switched = Date.now()
    const [newSocket, newEvents] = await Promise.all([openWebSocket(url), openEvents(url)])
    const step = await deploying
    expectStatus(step, 'deployed')
    await sleep(500)
    return { socket, events, newSocket, newEvents, switched, log: step.stdout }
  }

  async function settle({ newSocket, newEvents }: Fate): Promise<void> {
    for (const stream of [newSocket, newEvents]) {
      expect([new Set(stream.said.map(({ version }) => version)), stream.ended()]).toEqual([new Set(['v2']), undefined])
      stream.close()
    }
    await expectSettled(scene.stage.box)
  }

  /** They went on after the switch, with the old release, and were open when their time to drain was over. */
  function expectDrainedApart({ socket, events, switched, log }: Fate): void {
    for (const stream of [socket, events]) {
      expect(new Set(stream.said.map(({ version }) => version))).toEqual(new Set(['v1']))
      expect(stream.said.filter(({ at }) => at > switched).length).toBeGreaterThan(5)
      expect(stream.ended()).toBeDefined()
    }
    expect(log).toMatch(/still open and cut: 0 requests, 2 streams/)
    // The application said goodbye, and its word arrives.
    expect(socket.ended()?.how).toBe('1001')
  }

  test('at a switch new streams reach the new release, and open ones go on until their time to drain is over', async () => {
    const fate = await acrossDeploy('v2')
    expectDrainedApart(fate)
    await settle(fate)
  })

  const reload = { caddyfile: 'header X-From-The-Edge yes' }
  if (caddy === 'current') {
    test('a deploy that changes the routes is no different: the reload closes no stream', async () => {
      const fate = await acrossDeploy('v2', reload)
      expectDrainedApart(fate)
      await settle(fate)
    })
  } else {
    test('at a deploy that changes the routes a Caddy older than 2.7 closes WebSockets, and says so to both ends', async () => {
      const fate = await acrossDeploy('v2', reload)
      expect(fate.socket.ended()?.how).toBe('1001')
      // Server-sent events go on, as requests do: only they were open when the drain began.
      expect(fate.log).toMatch(/still open and cut: 0 requests, 1 streams/)
      expect(fate.events.said.filter(({ at }) => at > fate.switched).length).toBeGreaterThan(5)
      expect(fate.events.ended()).toBeDefined()
      await settle(fate)
    })
  }
}
