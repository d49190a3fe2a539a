import { existsSync } from 'node:fs'
import path from 'node:path'
import { ensureContainer, prefix } from '../boxes.ts'
import { ensureEngine } from '../engine/engine.ts'
import { buildBox, buildImage, type Say } from '../images.ts'
import { registryAddress } from '../lab.ts'
import { docker, LabError, must, run } from '../shell.ts'
import { statePath, withLock } from '../state.ts'
import { atLoopback } from '../token-registry/token-registry.ts'
import { builderImage, optionsOf } from './builder.ts'

/** What buildx calls the image of a builder when nobody says another one. */
const USUAL_IMAGE = 'moby/buildkit:buildx-stable-1'

export interface DriverEngine {
  /** `DOCKER_HOST` of an engine that starts the privileged containers of buildx. */
  readonly host: string
  /** Makes a builder as a person does, and says where programs find it: in a folder that has nothing of the person's own. */
  create(name: string): Promise<{ BUILDX_CONFIG: string }>
  remove(name: string): Promise<void>
}

/**
 * The driver docker-container starts BuildKit with `--privileged`, which asks for capabilities that the machine itself may lack; an old engine then refuses,
 * a new one gives what there is. So the newest box's engine does it. The lab has to be up.
 */
export function ensureDriverEngine(say: Say = () => {}): Promise<DriverEngine> {
  return withLock(async () => {
    await ensureEngine(say)
    const image = await buildImage({ name: 'driver-engine', base: await buildBox('newest', say), folder: 'builder/engine' }, say)
    const folder = path.dirname(statePath('driver-engine', 'docker.sock'))
    const socket = path.join(folder, 'docker.sock')
    if (!existsSync(socket)) await run('docker', ['rm', '-f', '-v', `${prefix}-driver-engine`])
    const loopback = await atLoopback('registry')
    const options = [...optionsOf(folder), '-e', `LOOPBACK=${loopback}`, '-e', `REGISTRY=${registryAddress}`]
    await ensureContainer({ name: 'driver-engine', address: '172.31.250.5', image, options }, say)
    const host = `unix://${socket}`
    await answers(host)
    const pushed = await published(await builderImage(say), loopback)
    await must('docker', ['pull', '-q', pushed], { env: { DOCKER_HOST: host } })
    await must('docker', ['tag', pushed, USUAL_IMAGE], { env: { DOCKER_HOST: host } })
    const env = { BUILDX_CONFIG: path.dirname(statePath('driver-buildx', 'current')) }
    const remove = async (name: string) => {
      await run('docker', ['buildx', 'rm', '--force', name], { env })
    }
    const create = async (name: string) => {
      await remove(name)
      const options = ['--driver', 'docker-container', '--driver-opt', `image=${pushed},network=host`]
      await must('docker', ['buildx', 'create', '--name', name, ...options, host], { env })
      return env
    }
    return { host, create, remove }
  })
}

async function answers(host: string): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if ((await run('docker', ['version'], { env: { DOCKER_HOST: host } })).code === 0) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new LabError(
    `the engine for builders does not answer:\n${(await run('docker', ['logs', '--tail', '10', `${prefix}-driver-engine`])).stderr}`,
  )
}

async function published(image: string, registry: string): Promise<string> {
  const name = `${registry}/buildkit:${image.split(':')[1]}`
  await docker(['tag', image, name])
  await docker(['push', '-q', name])
  await docker(['rmi', name])
  return name
}
