import { readFileSync } from 'node:fs'
import { goProgram } from './golang.ts'
import { registryAddress } from './lab.ts'
import { layerOf, publish } from './oci.ts'

const PROGRAM = '/usr/bin/stand-in'

/** Programs that Compose files call by name, where the image's own entrypoint does not stand in for them. */
const NAMES = [
  ...['sh', 'bash', 'curl', 'wget', 'nc', 'true', 'pg_isready', 'redis-cli', 'mysqladmin', 'mongosh', 'rabbitmq-diagnostics'],
  ...['airflow', 'celery', 'healthcheck.sh', 'mc', 'node', 'python'],
]

/** Images that play any program of other people's images, in two versions: references with digests, for a host to pull. */
export async function publishStandIns(): Promise<Readonly<Record<'v1' | 'v2', string>>> {
  const program = readFileSync(await goProgram('stand-in', () => {}))
  const layer = layerOf(PROGRAM, program, ['/bin/sh', '/bin/bash', ...NAMES.map((name) => `/usr/bin/${name}`)])
  const version = async (tag: string) => {
    const image = { layer, env: { STAND_IN: tag }, entrypoint: [PROGRAM] }
    return `${registryAddress}/stand-in@${await publish({ address: registryAddress }, 'stand-in', tag, image)}`
  }
  return { v1: await version('v1'), v2: await version('v2') }
}
