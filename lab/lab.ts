import path from 'node:path'
import { type Box, openBox } from './box.ts'
import { ensureBox, ensureContainer, ensureKey, ensureNetwork, type Place, placeOf } from './boxes.ts'
import { ensureEdgeImage } from './edge-image.ts'
import { ensureEngine } from './engine/engine.ts'
import { goProgram } from './golang.ts'
import { buildBox, buildRegistry, type Say, type VariantName, variants } from './images.ts'
import { type LoadOptions, type LoadRun, startLoad } from './load.ts'
import type { Registry } from './oci.ts'
import { ensureSamples, type SampleName, sampleDigest } from './samples.ts'
import { type SshProxy, type SshProxyOptions, sshProxy } from './ssh-proxy.ts'
import { labFolder, recall, remember, withLock } from './state.ts'

export type { Box, ExecOptions } from './box.ts'
export type { LoadOptions, LoadReport, LoadRun } from './load.ts'
export type { SshProxy, SshProxyOptions } from './ssh-proxy.ts'

export interface LabOptions {
  /** So many hosts; ones that run already stay. */
  hosts?: number
  /** The number of the first of them; default 1. */
  first?: number
  /** Which Caddy `edgeImage` is: Debian's 2.6.2, or the newest, compiled here. */
  caddy?: 'debian' | 'current'
  box?: VariantName
  /** Told what takes long. Default: nothing is said. */
  say?: Say
}

export interface Lab {
  hosts: Box[]
  /** Plain http; every box's engine has the lab's subnet as insecure. */
  registry: { address: string }
  loginRegistry: { address: string; username: string; password: string }
  edgeImage: string
  /** A sample image by digest, for example `image('web', 'v2')`. */
  image(name: SampleName, tag: string): string
  /** `private/web:<tag>` in the registry with a login; v1 and v2 have the digests of the open ones. */
  privateImage(tag: string): string
  /** The sample project's folder, with compose.yaml and the files that it names. */
  sample: string
  load(options: LoadOptions): Promise<LoadRun>
  sshProxy(box: Box, options?: SshProxyOptions): Promise<SshProxy>
}

export const registryAddress = '172.31.250.2:5000'
export const loginRegistryAddress = '172.31.250.3:5000'

/** Brings the lab up to what is asked and describes it. Quick when it is up; safe to call from several processes at once. */
export function startLab(options: LabOptions = {}): Promise<Lab> {
  return withLock(async () => {
    const say = options.say ?? (() => {})
    const { hosts: count = 1, first = 1 } = options
    await ensureEngine(say)
    const variant = options.box ?? 'bookworm'
    const boxImage = await buildBox(variant, say)
    const registryImage = await buildRegistry(say)
    await ensureNetwork()
    const key = await ensureKey(boxImage)
    const places = Array.from({ length: count }, (_, index) => placeOf(variants[variant], first + index))
    const boxes = Promise.all(places.map((place) => ensureBox(place, boxImage, key.publicKey, say)))
    // A failure of what follows is the one to show; this one's own turn comes at the second `await`.
    boxes.catch(() => {})
    const login = await ensureRegistries(registryImage, say)
    await ensureSamples({ address: registryAddress }, login, say)
    const edgeImage = await ensureEdgeImage(options.caddy ?? 'debian', registryAddress, say)
    await goProgram('load', say)
    await boxes
    return describeLab(places, key.keyFile, edgeImage, login)
  })
}

type Login = Registry & { login: { username: string; password: string } }

async function ensureRegistries(image: string, say: Say): Promise<Login> {
  const password = recall('registry-password') ?? crypto.randomUUID()
  remember('registry-password', password)
  // Every engine pushes to 127.0.0.0/8 over plain http, so this machine's engine needs no configuration for the lab.
  const options = ['-p', '127.0.0.1::5000', '--restart', 'unless-stopped']
  const open = { name: 'registry', address: '172.31.250.2', image, options }
  const closed = { name: 'login-registry', address: '172.31.250.3', image, options: [...options, '-e', `LOGIN_PASSWORD=${password}`] }
  await Promise.all([ensureContainer(open, say), ensureContainer(closed, say)])
  for (const address of [registryAddress, loginRegistryAddress]) await answers(`http://${address}/v2/`)
  return { address: loginRegistryAddress, login: { username: 'lab', password } }
}

/** Waits until a registry, or anything else with an address, answers. */
export async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const status = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.status,
      () => 0,
    )
    // 401 is the registry with a login: alive.
    if (status === 200 || status === 401) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} does not answer`)
}

function describeLab(places: Place[], keyFile: string, edgeImage: string, login: Login): Lab {
  const privateKey = recall('id_ed25519') as string
  const hosts = places.map((place) => openBox({ ...place, keyFile, privateKey, knownHosts: recall(`known_hosts.${place.name}`) as string }))
  return {
    hosts,
    registry: { address: registryAddress },
    loginRegistry: { address: login.address, ...login.login },
    edgeImage,
    image: (name, tag) => `${registryAddress}/sample/${name}@${sampleDigest(name, tag)}`,
    privateImage: (tag) => `${login.address}/private/web@${sampleDigest('web', tag)}`,
    sample: path.join(labFolder, 'apps'),
    load: startLoad,
    sshProxy,
  }
}
