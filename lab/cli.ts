import { parseArgs } from 'node:util'
import { label } from './boxes.ts'
import { stopLab } from './down.ts'
import { guide } from './guide.ts'
import { startLab } from './lab.ts'
import { LabError, run } from './shell.ts'

const usage = `npm run lab -- up [--hosts <number>] [--caddy debian|current] | status | down [--purge]`
const began = Date.now()
const say = (line: string): void => console.error(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}`)

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      hosts: { type: 'string', default: '1' },
      caddy: { type: 'string', default: 'debian' },
      purge: { type: 'boolean', default: false },
    },
  })
  switch (positionals[0]) {
    case 'up':
      return up(Number(values.hosts), values.caddy)
    case 'status':
      return status()
    case 'down':
      return stopLab(values.purge, say)
    default:
      throw new LabError(usage)
  }
}

async function up(hosts: number, caddy: string): Promise<void> {
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > 200) throw new LabError(`--hosts must be a number from 1 on\n${usage}`)
  if (caddy !== 'debian' && caddy !== 'current') throw new LabError(`--caddy must be debian or current\n${usage}`)
  const lab = await startLab({ hosts, caddy, say })
  say('up')
  console.log(await guide(lab))
}

async function status(): Promise<void> {
  const format = 'table {{.Names}}\t{{.Status}}\t{{.Image}}'
  const found = await run('docker', ['ps', '-a', '--filter', `label=${label}`, '--format', format])
  if (found.code !== 0) console.log('no Docker engine answers: the lab is down')
  else console.log(found.stdout.trim().includes('\n') ? found.stdout.trim() : 'the lab is down')
}

try {
  await main()
} catch (error) {
  console.error(error instanceof LabError ? error.message : error)
  process.exitCode = 1
}
