import { readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, Settled } from '@deploy-actions/agent'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { LocalHost } from '../../sync-env/test/local-host.ts'
import type { Parts } from '../src/parts.ts'
import { readyFor } from '../src/ready.ts'
import { release } from '../src/release.ts'
import { partsOf, takeLocks } from '../src/work.ts'
import { given, portsOf, run } from './ground.ts'

// The parts with their own code, and the host's agent in this machine's shell; Docker plays a part, so there is no deploy.

let host: LocalHost
beforeEach(() => {
  host = new LocalHost()
})
afterEach(() => host.remove())

const composeFile = { 'compose.yaml': 'services: { web: { image: web } }' }

async function scene(more: Record<string, string> = {}) {
  const inputs = given({ keys: 'TOKEN', path: 'env/web.env', backup: 'always', directory: host.directory, ...more })
  const remote = host.remote()
  const place = { name: 'one', address: 'one:22', connect: async () => remote }
  const { ports, close } = portsOf({ inputs, directory: host.directory, places: [place], files: composeFile, env: { TOKEN: 'first' } })
  const { request, envValues } = await readyFor(inputs, run, ports)
  const end = async () => {
    await close()
    await remote.close()
    return host.ended()
  }
  return { ports, request, parts: partsOf(request, envValues, ports), end }
}
const sessions = () => host.said.filter((line) => line.startsWith('find "')).length

test('the file is written and the backup is asked for in one session, and another run waits until the deploy is over', async () => {
  const { ports, request, parts, end } = await scene()
  await takeLocks(request, ports)
  const waiting: string[] = []
  const deploy: Parts['deploy'] = async () => {
    const other = await scene()
    // Who has the lock is told to whoever waits for it.
    const over = takeLocks(other.request, other.ports).then(() => waiting.push('locked'))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    waiting.push('deploy ends')
    void over.then(other.end)
    throw new Error('no Docker here')
  }
  const { ends } = await release({ ...parts, deploy }, ports)
  expect(ends.map(({ part, state }) => `${part} ${state}`)).toEqual(['env done', 'backup done', 'deploy failed'])
  expect(ends[1]?.told).toBe('there was nothing to back up')
  expect(host.read('env/web.env')).toBe('TOKEN=first\n')
  await end()
  await host.ended()
  expect(waiting).toEqual(['deploy ends', 'locked'])
  expect(sessions()).toBe(2)
}, 60_000)

test('what was sent ahead to a part that the host has settled is not done by the next part', async () => {
  host.write('lock', '').write('releases/LIVE/settings', 'id=LIVE\n').write('releases/NEW/settings', 'id=NEW\n')
  symlinkSync('releases/LIVE', join(host.directory, 'current'))
  host.program('docker', 'case "$*" in network*) exit 1 ;; esac')
  const { ports, request, end } = await scene()
  await takeLocks(request, ports)
  const next = async () => {
    const remote = await (ports.hosts[0] as (typeof ports.hosts)[0]).connect(ports.log)
    const { agent } = await Agent.open(remote, {
      mode: 'deploy',
      directory: host.directory,
      lockTimeoutMs: 1_000,
      who: 'a test',
      log: ports.log,
    })
    await agent.locked()
    return agent
  }
  await expect((await next()).prepare('deploy', 'NEW', ['switch', 'commit'])).rejects.toBeInstanceOf(Settled)
  expect((await (await next()).outcome('LIVE')).state).toBe('live')
  await end()
  expect([readlinkSync(join(host.directory, 'current')), host.list('.').includes('log.jsonl')]).toEqual(['releases/LIVE', false])
  expect(sessions()).toBe(1)
}, 60_000)

test('a dry run leaves the host as it was, the folder of the app not made', async () => {
  const { ports, parts, end } = await scene({ 'dry-run': 'true' })
  const { ends } = await release({ ...parts, deploy: async () => ({ status: 'planned', hosts: [] }) }, ports)
  expect(ends.map(({ part, state }) => `${part} ${state}`)).toEqual(['env planned', 'backup planned', 'deploy planned'])
  await end()
  expect(() => host.list('.')).toThrow('ENOENT')
}, 60_000)
