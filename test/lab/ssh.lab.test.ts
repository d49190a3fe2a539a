import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { deployOnce, whileBroken } from './projects.ts'
import { expectRefused } from './refused.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const other = generateKeyPairSync('ed25519').privateKey
const ports = { ecdsa: 2201, few: 2202, forced: 2203 }

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  await stage.box.reset()
  await stage.box.exec(`printf '%s\\n' '${lineOf(rsa)}' '${lineOf(other)}' >/tmp/keys`)
  await sshd(ports.ecdsa, '-h /etc/ssh/ssh_host_ecdsa_key -h /etc/ssh/ssh_host_rsa_key')
  await sshd(ports.few, '-o MaxStartups=1:100:1')
  await sshd(ports.forced, "-o 'ForceCommand=echo only backups here'")
})
afterAll(() => stage.box.reset())

/** The public half as authorized_keys has it. */
function lineOf(key: KeyObject): string {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const number = (text = '') => Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')])
  const parts = jwk.kty === 'RSA' ? ['ssh-rsa', number(jwk.e).subarray(1), number(jwk.n)] : ['ssh-ed25519', number(jwk.x).subarray(1)]
  const words = parts.flatMap((part) => [Buffer.alloc(4), Buffer.from(part as string)])
  for (let at = 0; at < words.length; at += 2) words[at]?.writeUInt32BE(words[at + 1]?.length ?? 0)
  return `${parts[0]} ${Buffer.concat(words).toString('base64')}`
}

/** One more sshd on the box, with keys of its own. */
async function sshd(port: number, options: string): Promise<void> {
  const { code, stderr } = await stage.box.exec(
    `/usr/sbin/sshd -p ${port} -o AuthorizedKeysFile=/tmp/keys -o StrictModes=no -o UseDNS=no -o PidFile=none ${options}`,
  )
  if (code !== 0) throw new Error(stderr)
}

const pem = (key: KeyObject, passphrase?: string): string =>
  key.export({ type: 'pkcs8', format: 'pem', ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }) }) as string

/** A dry run to another port of the box; the lines of known_hosts are those of its types. */
function planAt(port: number, inputs: Record<string, string>, types = 'ssh-ed25519') {
  const { address, knownHosts } = stage.box
  const lines = knownHosts.split('\n').filter((line) => line.includes(` ${types} `))
  const known = lines.map((line) => line.replace(address, `[${address}]:${port}`)).join('\n')
  return deployOnce(stage, { inputs: { 'dry-run': 'true', host: `root@${address}:${port}`, 'known-hosts': known, ...inputs } })
}

test('a host without the key type that others prefer is known by the one that is listed; the login is an RSA key in PKCS#8', async () => {
  const step = await planAt(ports.ecdsa, { 'ssh-key': pem(rsa, 'open sesame'), 'ssh-key-passphrase': 'open sesame' }, 'ecdsa-sha2-nistp256')
  expectStatus(step, 'planned')
  expectStatus(await planAt(ports.ecdsa, { 'ssh-key': pem(rsa) }, 'ssh-rsa'), 'planned')
})

test('through a jump host with a key of its own', async () => {
  const { address, knownHosts } = stage.box
  const known = `${knownHosts}\n${knownHosts.replaceAll(address, `[${address}]:${ports.ecdsa}`)}`
  const inputs = { 'dry-run': 'true', 'jump-host': `root@${address}:${ports.ecdsa}`, 'jump-key': pem(other), 'known-hosts': known }
  expectStatus(await deployOnce(stage, { inputs }), 'planned')
})

test('sshd that takes no more logins for a moment is asked again', async () => {
  const waiting = connect(ports.few, stage.box.address)
  await once(waiting, 'data')
  const planned = planAt(ports.few, { 'ssh-key': pem(other) })
  await sleep(3000)
  waiting.destroy()
  const step = await planned
  expectStatus(step, 'planned')
  expect(step.stdout).toContain('trying again')
})

test('a shell that prints things without a line end does no harm', async () => {
  const noisy = {
    by: "cp /root/.bashrc /tmp/bashrc; printf 'Welcome to the machine'; printf \"printf 'Welcome'\\n\" >/root/.bashrc",
    mend: 'cp /tmp/bashrc /root/.bashrc',
  }
  expectStatus(await whileBroken(stage, noisy, () => deployOnce(stage, { inputs: { 'dry-run': 'true' } })), 'planned')
})

test('refused, and nothing is touched: a forced command', async () => {
  const says = ['only backups here', 'forced command']
  await expectRefused(stage.box, () => planAt(ports.forced, { 'ssh-key': pem(other) }), { code: 'DA-SSH-EXEC', says })
})

test('refused, and nothing is touched: a restricted shell', async () => {
  const broken = { by: 'usermod -s /bin/rbash deploy', mend: 'usermod -s /bin/bash deploy' }
  const inputs = { host: `deploy@${stage.box.address}` }
  const run = () => whileBroken(stage, broken, () => deployOnce(stage, { inputs }))
  await expectRefused(stage.box, run, { code: 'DA-SSH-EXEC', says: ['restricted', 'Give it a plain shell'] })
})
