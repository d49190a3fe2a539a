import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Say } from './images.ts'
import { buildImage, variants } from './images.ts'
import { docker, LabError, must, run } from './shell.ts'
import { labFolder, stateFolder } from './state.ts'

type GoFolder = 'apps' | 'load' | 'processor' | 'stand-in' | 'token-registry'

/** A static program from one of the lab's Go folders, compiled once for each state of the sources. @param arch in Go's words; default: this machine's */
export async function goProgram(folder: GoFolder, say: Say, arch?: 'amd64' | 'arm64' | 's390x'): Promise<string> {
  const target = path.join(stateFolder, 'bin', `${folder}-${sourceHash([folder, 'wire'])}${arch === undefined ? '' : `-${arch}`}`)
  if (existsSync(target)) return target
  say(`compiling lab/${folder}`)
  mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 })
  const build = ['build', '-trimpath', '-ldflags', '-s -w', '-o', target, `./${folder}`]
  const env = { GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', ...(arch !== undefined && { GOARCH: arch }) }
  if ((await run('go', ['version'])).code === 0) await must('go', build, { cwd: labFolder, env })
  else await buildInContainer(build, env, say)
  return target
}

/** No Go on this machine: Debian's, in a container, with the lab's folder at the same path inside. */
async function buildInContainer(build: string[], env: Record<string, string>, say: Say): Promise<void> {
  const image = await buildImage({ name: 'golang', base: variants.bookworm.base, folder: 'golang' }, say)
  const variables = Object.entries({ ...env, GOCACHE: '/tmp/cache', HOME: '/tmp' }).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
  await docker(['run', '--rm', '--user', owner, '-v', `${labFolder}:${labFolder}`, '-w', labFolder, ...variables, image, 'go', ...build])
}

export function sourceHash(folders: string[]): string {
  const hash = createHash('sha256').update(readFileSync(path.join(labFolder, 'go.mod')))
  for (const folder of folders) {
    for (const name of readdirSync(path.join(labFolder, folder)).sort()) {
      if (!name.endsWith('.go') || name.endsWith('_test.go')) continue
      hash.update(name).update(readFileSync(path.join(labFolder, folder, name)))
    }
  }
  return hash.digest('hex').slice(0, 12)
}

/** A current Caddy needs a current Go; without one this says so instead of quietly testing the old Caddy twice. */
export async function currentCaddy(say: Say): Promise<string> {
  const folder = path.join(stateFolder, 'caddy-current')
  const program = path.join(folder, 'caddy')
  if (existsSync(program)) return program
  say('compiling the current Caddy: some minutes, once')
  const module = 'github.com/caddyserver/caddy/v2'
  const latest = await run('go', ['list', '-m', '-f', '{{.Version}}', `${module}@latest`])
  // Without this a Caddy that was not compiled as somebody's dependency calls itself `unknown`.
  const flags = `-s -w -X ${module}.CustomVersion=${latest.stdout.trim()}`
  const install = ['install', '-trimpath', '-ldflags', flags, `${module}/cmd/caddy@${latest.stdout.trim()}`]
  const built =
    latest.code === 0 ? await run('go', install, { env: { GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' } }) : latest
  if (built.code !== 0) {
    throw new LabError(
      `The current Caddy cannot be compiled here (is a recent Go installed?): ${built.stderr.trim().split('\n').slice(-3).join(' ')}`,
    )
  }
  return program
}
