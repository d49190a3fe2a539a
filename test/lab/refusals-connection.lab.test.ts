import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Lab, startLab } from '../../lab/lab.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { deployOnce } from './projects.ts'
import { expectRefused } from './refused.ts'

let lab: Lab
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  lab = await startLab({ hosts: Math.max(2, Number(process.env.LAB_HOST ?? 1)) })
  await stage.box.reset()
})
afterAll(() => stage.box.reset())

/** known_hosts of another host, as if its keys were those of `name`. */
function foreignKeys(name: string): string {
  const other = lab.hosts.find(({ address }) => address !== stage.box.address)
  return (other?.knownHosts ?? '').replaceAll(other?.address ?? '', name)
}

/** What sshd wrote while the work went on. */
async function sshdSays(work: () => Promise<unknown>): Promise<string> {
  const lines = async () => (await stage.box.exec('cat /var/log/sshd.log')).stdout
  const before = await lines()
  await work()
  return (await lines()).slice(before.length)
}

test('a host whose key changed is refused before any login is tried', async () => {
  const inputs = { 'known-hosts': foreignKeys(stage.box.address) }
  const says = [
    'is not the expected one',
    /shows ssh-ed25519 SHA256:\S+; expected ssh-ed25519 SHA256:/,
    'Either somebody sits between',
    '`ssh-keyscan',
  ]
  const log = await sshdSays(() => expectRefused(stage.box, () => deployOnce(stage, { inputs }), { code: 'DA-SSH-HOST-KEY', says }))
  expect(log).toContain('[preauth]')
  expect(log).not.toMatch(/authenticating user|Accepted|Failed/)
})

test('a login that is tried shows in the log of sshd, so the test above would see it', async () => {
  const inputs = { host: `nobody@${stage.box.address}` }
  const log = await sshdSays(() =>
    expectRefused(stage.box, () => deployOnce(stage, { inputs }), { code: 'DA-SSH-AUTH', says: ['nobody@', 'Check `user`'] }),
  )
  expect(log).toMatch(/authenticating user nobody/)
})

test('a host that known-hosts does not speak of is refused before any login is tried', async () => {
  const inputs = { 'known-hosts': foreignKeys('192.0.2.1') }
  const says = ['nothing vouches for the key of', 'ssh-ed25519 SHA256:', 'add the line to `known-hosts`']
  const log = await sshdSays(() => expectRefused(stage.box, () => deployOnce(stage, { inputs }), { code: 'DA-SSH-HOST-KEY-UNKNOWN', says }))
  expect(log).not.toMatch(/authenticating user|Accepted|Failed/)
})

test('a host that does not answer is named with its port', async () => {
  const inputs = { host: 'root@127.0.0.1:9', 'known-hosts': foreignKeys('[127.0.0.1]:9') }
  const says = ['cannot reach root@127.0.0.1:9 after 3 tries', 'ECONNREFUSED', 'Check `host` and `port`']
  await expectRefused(stage.box, () => deployOnce(stage, { inputs }), { code: 'DA-SSH-UNREACHABLE', says })
})
