import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { hostname } from 'node:os'
import { runAction } from '@deploy-actions/kit'
import { allowSsh } from './allow-ssh.ts'
import { isEndOfJob } from './end-of-job.ts'
import { inputs } from './inputs.ts'

const resolve = async (name: string) => (await lookup(name, { all: true })).map(({ address }) => address)

await runAction(async (world) => {
  if (await isEndOfJob(world, fetch)) return 'ok'
  return allowSsh(world.inputs(inputs), { ...world, fetch, resolve, machine: hostname(), mark: () => randomBytes(3).toString('hex') })
})
