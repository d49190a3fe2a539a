import { ensureContainer, ensureNetwork, prefix } from '../boxes.ts'
import { ensureEngine } from '../engine/engine.ts'
import { goProgram } from '../golang.ts'
import { buildImage, type Say, variants } from '../images.ts'
import { answers } from '../lab.ts'
import { docker } from '../shell.ts'
import { recall, remember, withLock } from '../state.ts'

export interface TokenRegistry {
  /** At 127.0.0.1, where the engine, the builder and programs of this machine all speak plain http. */
  address: string
  /** May do everything. */
  login: { username: 'lab'; password: string }
  /** May only pull: what a token without `packages: write` is at GHCR. */
  reader: { username: 'reader'; password: string }
}

/** A registry with bearer tokens, as GHCR has them. */
export function ensureTokenRegistry(say: Say = () => {}): Promise<TokenRegistry> {
  return withLock(async () => {
    await ensureEngine(say)
    const program = await goProgram('token-registry', say)
    const image = await buildImage(
      { name: 'token-registry', base: variants.bookworm.base, folder: 'token-registry/image', files: [program] },
      say,
    )
    await ensureNetwork()
    const password = recall('token-registry-password') ?? crypto.randomUUID()
    remember('token-registry-password', password)
    const options = ['-p', '127.0.0.1::5000', '--restart', 'unless-stopped', '-e', `LOGIN_PASSWORD=${password}`]
    await ensureContainer({ name: 'token-registry', address: '172.31.250.4', image, options }, say)
    const address = await atLoopback('token-registry')
    await answers(`http://${address}/v2/`)
    return { address, login: { username: 'lab', password }, reader: { username: 'reader', password } }
  })
}

/** Where a registry of the lab answers on this machine: `registry`, `login-registry` or `token-registry`. */
export async function atLoopback(name: string): Promise<string> {
  return (await docker(['port', `${prefix}-${name}`, '5000/tcp'])).split('\n')[0] as string
}
