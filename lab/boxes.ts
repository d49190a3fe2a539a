import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Say, Variant } from './images.ts'
import { docker, LabError, run } from './shell.ts'
import { recall, remember, statePath } from './state.ts'

/** All containers and the network of the lab carry this, and `down` removes by it. */
export const prefix = 'deploy-actions-lab'
export const label = 'deploy-actions.lab'
export const subnet = '172.31.250.0/24'

export interface Place {
  name: string
  address: string
}

/** Where the box with this number of this variant lives. */
export function placeOf(variant: Variant, number: number): Place {
  return { name: `${variant.hostName}-${number}`, address: `172.31.250.${variant.firstAddress + number - 1}` }
}

export interface Wanted {
  name: string
  /** In the lab's network; undefined: the options say where it is. */
  address?: string
  image: string
  options: string[]
}

export async function ensureNetwork(): Promise<void> {
  const found = await run('docker', ['network', 'inspect', '--format', '{{range .IPAM.Config}}{{.Subnet}}{{end}}', prefix])
  if (found.code === 0) return
  const made = await run('docker', ['network', 'create', '--label', `${label}=1`, '--subnet', subnet, prefix])
  if (made.code !== 0) throw new LabError(`The lab needs the subnet ${subnet} for itself: ${made.stderr.trim()}`)
}

/**
 * A container of the lab as it should be: made, started, or made anew when its image or an option differs; the keys and the
 * password are options, so what another clone left on this engine is replaced. Returns whether it is a new one.
 */
export async function ensureContainer(wanted: Wanted, say: Say): Promise<boolean> {
  const name = `${prefix}-${wanted.name}`
  const madeOf = createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 12)
  const format = `{{.State.Running}} {{index .Config.Labels "${label}"}}`
  const found = await run('docker', ['container', 'inspect', '--format', format, name])
  const [running, was] = found.stdout.trim().split(' ')
  if (found.code === 0 && was === madeOf) {
    if (running !== 'true') await docker(['start', name])
    return false
  }
  if (found.code === 0) await docker(['rm', '-f', '-v', name])
  say(`starting ${wanted.name}`)
  const place = wanted.address === undefined ? [] : ['--network', prefix, '--ip', wanted.address, '--hostname', wanted.name]
  await docker(['run', '-d', '--name', name, '--label', `${label}=${madeOf}`, ...place, ...wanted.options, wanted.image])
  return true
}

// `--privileged` asks for more than some machines have themselves; this is what an inner engine needs.
export const capabilities =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_ADMIN NET_RAW IPC_LOCK ' +
  'SYS_CHROOT SYS_PTRACE SYS_ADMIN SYS_NICE MKNOD AUDIT_WRITE SETFCAP SYSLOG'

/** What a box is started with. @param network of which its engine asks registries over plain http */
export const boxOptions = (publicKey: string, network: string): string[] => [
  '--cap-drop',
  'ALL',
  ...capabilities.split(' ').flatMap((capability) => ['--cap-add', capability]),
  ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
  ...['--device-cgroup-rule', 'a *:* rwm', '-v', '/sys/fs/cgroup:/sys/fs/cgroup:rw'],
  ...['-e', `LAB_SUBNET=${network}`, '-e', `LAB_DNS=${nameServers()}`, '-e', `AUTHORIZED_KEY=${publicKey}`],
]

export async function ensureBox(place: Place, image: string, publicKey: string, say: Say): Promise<void> {
  const { name } = place
  const options = boxOptions(publicKey, subnet)
  const fresh = await ensureContainer({ ...place, image, options }, say)
  await boxReady(name)
  if (fresh || !recall(`known_hosts.${name}`)) await rememberHostKeys(name, place.address)
}

export async function boxReady(name: string): Promise<void> {
  return containerReady(`${prefix}-${name}`)
}

/** Waits for SSH and the engine of a box. @param container its whole name */
export async function containerReady(container: string): Promise<void> {
  const ready = 'until docker version >/dev/null 2>&1 && test -s /run/sshd.pid; do sleep 0.1; done'
  const waited = await run('docker', ['exec', container, 'timeout', '60', 'sh', '-c', ready])
  if (waited.code === 0) return
  const logs = await run('docker', ['exec', container, 'tail', '-n', '5', '/var/log/docker.log', '/var/log/sshd.log'])
  throw new LabError(`the box ${container} does not get ready:\n${logs.stdout}`)
}

async function rememberHostKeys(name: string, address: string): Promise<void> {
  const keys = await docker([
    'exec',
    `${prefix}-${name}`,
    'sh',
    '-c',
    'cat /etc/ssh/ssh_host_ed25519_key.pub /etc/ssh/ssh_host_ecdsa_key.pub /etc/ssh/ssh_host_rsa_key.pub',
  ])
  const lines = keys.split('\n').map((key) => `${address} ${key.split(' ').slice(0, 2).join(' ')}`)
  remember(`known_hosts.${name}`, `${lines.join('\n')}\n`)
}

/** The key that opens every box. Made inside the box image, so the machine needs no ssh tools. */
export async function ensureKey(image: string): Promise<{ keyFile: string; publicKey: string }> {
  const publicKey = recall('id_ed25519.pub')
  if (publicKey && recall('id_ed25519')) return { keyFile: statePath('id_ed25519'), publicKey: publicKey.trim() }
  const make = 'ssh-keygen -q -t ed25519 -N "" -C lab -f /tmp/key && cat /tmp/key.pub /tmp/key'
  const made = await docker(['run', '--rm', '--entrypoint', 'sh', image, '-c', make])
  const [fresh = '', ...privateLines] = made.split('\n')
  remember('id_ed25519.pub', `${fresh}\n`)
  return { keyFile: remember('id_ed25519', `${privateLines.join('\n')}\n`), publicKey: fresh }
}

// The inner engines cannot use Docker's own name server of the outer network, and their default is out of reach in a closed
// network: unknown names would then take seconds instead of failing at once.
function nameServers(): string {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    try {
      const found = [...readFileSync(file, 'utf8').matchAll(/^nameserver\s+(\d+\.\d+\.\d+\.\d+)/gm)].map((match) => match[1] as string)
      const usable = found.filter((address) => !address.startsWith('127.'))
      if (usable.length > 0) return usable.map((address) => `"${address}"`).join(', ')
    } catch {
      // Not every machine has the second file.
    }
  }
  return ''
}
