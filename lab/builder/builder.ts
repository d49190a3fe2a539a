import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { capabilities, ensureContainer, prefix } from '../boxes.ts'
import { ensureEngine } from '../engine/engine.ts'
import { buildImage, type Say, variants } from '../images.ts'
import { docker, LabError, must, run } from '../shell.ts'
import { stateFolder, statePath, withLock } from '../state.ts'

export interface Builder {
  /** For programs that build: a builder of the lab, and nothing of the person's own buildx. */
  env: { BUILDX_CONFIG: string; BUILDX_BUILDER: string }
}

const VERSION = 'v0.29.0'
const NAME = 'deploy-actions-lab'

/** BuildKit with a buildx builder for it. It shares the machine's network, so that 127.0.0.1 is the same for it, for the engine and for us. */
export function ensureBuilder(say: Say = () => {}): Promise<Builder> {
  return withLock(async () => {
    await ensureEngine(say)
    const image = await builderImage(say)
    const sockets = path.dirname(statePath('builder', 'buildkitd.sock'))
    // A container whose folder of this machine was removed goes on without it.
    if (!existsSync(path.join(sockets, 'buildkitd.sock'))) await run('docker', ['rm', '-f', '-v', `${prefix}-builder`])
    await ensureContainer({ name: 'builder', image, options: ['--network', 'host', ...optionsOf(sockets)] }, say)
    const env = { BUILDX_CONFIG: path.dirname(statePath('buildx', 'current')), BUILDX_BUILDER: NAME }
    const address = `unix://${sockets}/buildkitd.sock`
    // One that another clone made has its folder.
    if (!(await run('docker', ['buildx', 'inspect', NAME], { env })).stdout.includes(address)) {
      await run('docker', ['buildx', 'rm', NAME], { env })
      await must('docker', ['buildx', 'create', '--name', NAME, '--driver', 'remote', address], { env })
    }
    await answers(env)
    return { env }
  })
}

/** BuildKit, for a container that is started here or by buildx itself. */
export async function builderImage(say: Say): Promise<string> {
  const files = await programs(say)
  return buildImage({ name: 'builder', base: variants.bookworm.base, folder: 'builder/image', files }, say)
}

/** What runc needs; `--privileged` asks for more than some machines have. */
export function optionsOf(sockets: string): string[] {
  return [
    ...['--cap-drop', 'ALL', ...capabilities.split(' ').flatMap((capability) => ['--cap-add', capability])],
    ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined', '--device-cgroup-rule', 'a *:* rwm'],
    ...['-v', '/sys/fs/cgroup:/sys/fs/cgroup:rw', '-v', `${sockets}:/run/builder`],
  ]
}

async function answers(env: Builder['env']): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const seen = await run('docker', ['buildx', 'inspect', NAME], { env })
    if (/Status:\s+running/.test(seen.stdout)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new LabError(`BuildKit does not answer:\n${(await run('docker', ['logs', '--tail', '10', `${prefix}-builder`])).stderr}`)
}

/** Compiled once from the Go proxy. A plain `go install` refuses its module, because it replaces others. */
async function programs(say: Say): Promise<string[]> {
  const folder = path.join(stateFolder, `buildkit-${VERSION}`)
  const found = ['buildkitd', 'buildctl'].map((name) => path.join(folder, name))
  if (found.every((program) => existsSync(program))) return found
  say('compiling BuildKit: some minutes, once')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const steps = `set -e; [ -e go.mod ] || go mod init lab/builder
    go get github.com/moby/buildkit/cmd/buildkitd@${VERSION} github.com/moby/buildkit/cmd/buildctl@${VERSION}
    for program in buildkitd buildctl; do go build -trimpath -ldflags '-s -w' -o $program github.com/moby/buildkit/cmd/$program; done`
  const env = { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' }
  if ((await run('go', ['version'])).code === 0) {
    await must('sh', ['-c', steps], { cwd: folder, env })
    return found
  }
  // No Go here: the next Debian's, which fetches a newer one from the Go proxy where the module asks for it.
  const image = await buildImage({ name: 'golang-next', base: 'debian:trixie-slim', folder: 'golang' }, say)
  const variables = Object.entries({ ...env, GOTOOLCHAIN: 'auto', GOCACHE: '/tmp/cache', GOPATH: '/tmp/go', HOME: '/tmp' }).flatMap(
    ([name, value]) => ['-e', `${name}=${value}`],
  )
  await docker(['run', '--rm', '--network', 'host', '-v', `${folder}:${folder}`, '-w', folder, ...variables, image, 'sh', '-c', steps])
  return found
}
