import type { Duplex } from 'node:stream'
import { connectSsh, hostKeysByKnownHosts, parseKnownHosts, readPrivateKey } from '@deploy-actions/hosts'
import { blockOf, FakeClock, FakeLog, playAgent } from '@deploy-actions/testing'
import { afterEach, expect, test } from '@jest/globals'
import { sshProxy } from '../../../lab/ssh-proxy.ts'
import { newKey, startServer } from '../../../packages/hosts/test/ssh-server.ts'
import { deploy } from '../src/deploy.ts'
import { agentAnswers, liveAfterDeploy, openingOf, sceneOf } from './ground.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Lines of a session as the agent takes them: what is uploaded between them is passed over (74-upload.sh). */
function commandsOf(channel: Duplex, onLine: (line: string) => void): void {
  let open = Buffer.alloc(0)
  let uploading = false
  channel.on('data', (piece: Buffer) => {
    open = Buffer.concat([open, piece])
    for (let end = open.indexOf('\n'); end !== -1; end = open.indexOf('\n')) {
      const line = open.subarray(0, end).toString()
      const size = uploading ? Number(line) : 0
      if (open.length < end + 1 + size) return
      open = open.subarray(end + 1 + size)
      if (uploading) uploading = line !== '0'
      else if (line.startsWith('upload ')) uploading = true
      else onLine(line)
    }
  })
}

/** A deploy over a live release that is not well, over a real SSH connection to a host that plays the agent; each packet takes a while. @returns the turns of the wire */
async function turnsOfDeploy(delayMs: number): Promise<number> {
  const [hostKey, client] = [newKey('ed25519'), newKey('ed25519')]
  const { facts, record } = await liveAfterDeploy()
  const answers = { facts: blockOf('facts', [...facts, 'healthy\tno']), record }
  const script = playAgent(agentAnswers(answers), openingOf(answers))
  const server = await startServer({
    ...{ hostKeys: [hostKey], client },
    play(channel) {
      const end = (code: number | null) => {
        channel.exit(code ?? 1)
        channel.close()
      }
      const hear = (listener: (line: string) => void) => commandsOf(channel, listener)
      script({ say: (line) => void channel.write(`${line}\n`), exit: end, onLine: hear })
    },
  })
  cleanups.push(() => server.close())
  const knownHosts = `[127.0.0.1]:${server.port} ${hostKey.public}`
  const wire = await sshProxy({ address: '127.0.0.1', port: server.port, knownHosts }, { delayMs })
  cleanups.push(() => wire.close())
  const { request, ports } = sceneOf()
  const hostKeys = hostKeysByKnownHosts(parseKnownHosts(`[127.0.0.1]:${wire.port} ${hostKey.public}`))
  const target = { user: 'root', host: '127.0.0.1', port: wire.port, key: readPrivateKey(client.private), hostKeys }
  const connect = () => connectSsh(target, { clock: new FakeClock(), log: new FakeLog() })
  const result = await deploy(request, { ...ports, hosts: [{ name: 'box', address: 'box:22', connect }] })
  expect(result.status).toBe('deployed')
  return wire.turns()
}

// The first of a wire's turns waits for nothing. The others: three to log in, one more because the halves of the key exchange's end come apart, two to the
// agent's first word, and one for what is live, facts and model: with prepare the host has all that it needs up to the end.
test('a deploy takes no more than eight turns of the wire, however far the host is', async () => {
  expect(await turnsOfDeploy(40)).toBeLessThanOrEqual(8)
})
