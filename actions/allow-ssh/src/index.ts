import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { runAction } from '@deploy-actions/kit'
import { allowSsh } from './allow-ssh.ts'
import { isEndOfJob } from './end-of-job.ts'
import { inputs } from './inputs.ts'

const resolve = async (name: string) => (await lookup(name, { all: true })).map(({ address }) => address)

await runAction(async (world) => {
  const read = () => world.inputs(inputs)
  if (await isEndOfJob(world, read, fetch)) return 'ok'
  return allowSsh(read(), { ...world, fetch, resolve, mark: () => randomBytes(3).toString('hex') })
})
