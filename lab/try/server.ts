import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { boxOptions, containerReady } from '../boxes.ts'
import { ensureEngine, ownsDaemon, stopOwnDaemon } from '../engine/engine.ts'
import { buildBox, buildImage, buildRegistry, type Say, variants } from '../images.ts'
import { docker, type Ran, run } from '../shell.ts'
import { withLock } from '../state.ts'

/** A server of one's own for as long as a try lasts: a box, a registry beside it, and a folder of this machine. Several tries do not meet. */
export interface TryServer {
  /** Reached from this machine. */
  readonly ssh: { readonly host: string; readonly knownHosts: string; readonly keyFile: string }
  /** Port of this machine behind which the box has 443. */
  readonly port: number
  /** The registry, as this machine and as the box calls it. */
  readonly registry: { readonly here: string; readonly there: string }
  readonly subnet: string
  readonly edgeImage: string
  /** For files of this machine. */
  readonly folder: string
  exec(command: string, stdin?: string): Promise<Ran>
  /** Images of this machine's engine, with their names. */
  load(images: readonly string[]): Promise<void>
  /** Everything but the images that the next try starts with. */
  close(): Promise<void>
}

const LABEL = 'deploy-actions.try'

/** @param port of this machine; undefined: any free one */
export async function openServer(port: number | undefined, say: Say): Promise<TryServer> {
  const hadDaemon = ownsDaemon()
  await ensureEngine(say)
  await clearAway(isGone)
  const name = `deploy-actions-try-${process.pid}`
  const folder = mkdtempSync(path.join(tmpdir(), 'deploy-actions-try-'))
  const close = async () => {
    await clearAway((pid) => pid === process.pid)
    rmSync(folder, { recursive: true, force: true })
    if (!hadDaemon && (await ofTries('ps', '-a')).length === 0) await stopOwnDaemon()
  }
  try {
    return { ...(await start(name, folder, port, say)), folder, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function start(name: string, folder: string, port: number | undefined, say: Say): Promise<Omit<TryServer, 'folder' | 'close'>> {
  const images = await withLock(async () => ({
    box: await buildBox('bookworm', say),
    registry: await buildRegistry(say),
    edge: await buildImage({ name: 'caddy-debian', base: variants.bookworm.base, folder: 'caddy' }, say),
  }))
  say('starting a server in a container')
  const mine = ['--label', `${LABEL}=${process.pid}`]
  await docker(['network', 'create', ...mine, name])
  const subnet = await docker(['network', 'inspect', '--format', '{{range .IPAM.Config}}{{.Subnet}}{{end}}', name])
  const key = await makeKey(images.box, folder)
  const start_ = (own: string, options: string[], image: string) =>
    docker(['run', '-d', '--name', `${name}-${own}`, '--hostname', own, '--network', name, ...mine, ...options, image])
  await start_('registry', ['-p', '127.0.0.1::5000'], images.registry)
  const published = ['-p', '127.0.0.1::22', '-p', `127.0.0.1:${port ?? ''}:443`]
  await start_('server', [...boxOptions(key.publicKey, subnet), ...published], images.box)
  const box = `${name}-server`
  await containerReady(box)
  const here = await publishedPort(`${name}-registry`, 5000)
  const there = `${await docker(['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', `${name}-registry`])}:5000`
  await push(images.edge, `${here}/caddy:2`)
  const ssh = await publishedPort(box, 22)
  const hostKey = await docker(['exec', box, 'cut', '-d', ' ', '-f', '1,2', '/etc/ssh/ssh_host_ed25519_key.pub'])
  return {
    ssh: { host: `root@${ssh}`, knownHosts: `[127.0.0.1]:${ssh.split(':')[1]} ${hostKey}`, keyFile: key.keyFile },
    ...{ registry: { here, there }, subnet, edgeImage: `${there}/caddy:2` },
    port: Number((await publishedPort(box, 443)).split(':')[1]),
    exec: (command, stdin) => run('docker', ['exec', '-i', box, 'sh', '-c', command], { stdin }),
    async load(wanted) {
      const file = path.join(folder, 'images.tar')
      await docker(['save', '-o', file, ...wanted])
      await docker(['cp', file, `${box}:/root/images.tar`])
      await docker(['exec', box, 'sh', '-c', 'docker load -qi /root/images.tar && rm /root/images.tar'])
      rmSync(file)
    },
  }
}

/** Made inside the box image, so the machine needs no ssh tools. */
async function makeKey(image: string, folder: string): Promise<{ keyFile: string; publicKey: string }> {
  const make = 'ssh-keygen -q -t ed25519 -N "" -C try -f /tmp/key && cat /tmp/key.pub /tmp/key'
  const [publicKey = '', ...privateLines] = (await docker(['run', '--rm', '--entrypoint', 'sh', image, '-c', make])).split('\n')
  const keyFile = path.join(folder, 'key')
  writeFileSync(keyFile, `${privateLines.join('\n')}\n`, { mode: 0o600 })
  return { keyFile, publicKey }
}

/** `127.0.0.1:32768` */
const publishedPort = async (container: string, port: number): Promise<string> =>
  (await docker(['port', container, `${port}/tcp`])).split('\n')[0] as string

/** Puts an image of this machine's engine into a registry, under a name that stays there only. @returns its digest */
export async function push(image: string, name: string): Promise<string> {
  await docker(['tag', image, name])
  try {
    await docker(['push', '-q', name])
    const digests = await docker(['image', 'inspect', '--format', '{{range .RepoDigests}}{{println .}}{{end}}', name])
    const repository = name.replace(/:[^:/]+$/, '')
    return (digests.split('\n').find((line) => line.startsWith(`${repository}@`)) ?? '').split('@')[1] as string
  } finally {
    await docker(['rmi', name])
  }
}

/** Removes containers with their volumes, and networks, of tries whose process is one of these. */
async function clearAway(isOne: (pid: number) => boolean): Promise<void> {
  const found = async (...kind: string[]) => (await ofTries(...kind)).flatMap(({ id, pid }) => (isOne(pid) ? [id] : []))
  const containers = await found('ps', '-a')
  if (containers.length > 0) await docker(['rm', '-f', '-v', ...containers])
  const networks = await found('network', 'ls')
  if (networks.length > 0) await docker(['network', 'rm', ...networks])
}

/** What tries have on the engine, with the process of each. */
async function ofTries(...kind: string[]): Promise<{ id: string; pid: number }[]> {
  const listed = await docker([...kind, '--filter', `label=${LABEL}`, '--format', `{{.ID}} {{.Label "${LABEL}"}}`])
  return listed.split('\n').flatMap((line) => {
    const [id = '', pid] = line.split(' ')
    return id === '' ? [] : [{ id, pid: Number(pid) }]
  })
}

/** Of a try that was killed nothing else would clear away. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
