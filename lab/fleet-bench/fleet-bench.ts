import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runBundle } from '@deploy-actions/testing'
import ssh2 from 'ssh2'
import { measuring } from '../scenarios/measuring.ts'
import { plainTable } from '../scenarios/plain-table.ts'
import { labFolder } from '../state.ts'
import { startRegistry } from './registry.ts'

// What a deploy to many hosts costs the runner: `npm run bench:fleet -- [--hosts 1,3,10,100] [--canary 1]`. The runner is the real bundle over real SSH; the
// hosts are simulated in processes of their own. Needs no lab.

interface Keys {
  private: string
  public: string
}
const newKey = (): Keys =>
  (ssh2 as unknown as { utils: { generateKeyPairSync(type: 'ed25519'): Keys } }).utils.generateKeyPairSync('ed25519')

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1,3,10,100' },
    canary: { type: 'string', default: '0,1' },
    'verify-for': { type: 'string', default: '5' },
  },
})
const model = {
  name: 'shop',
  services: { web: { image: 'sample/web', networks: { default: null } }, db: { image: 'postgres:16', networks: { default: null } } },
  networks: { default: { name: 'shop_default' } },
}

/** Hosts in at most ten processes. */
async function startHosts(count: number, hostKey: Keys): Promise<{ ports: number[]; close: () => void }> {
  const processes = Math.min(count, 10)
  const shares = Array.from({ length: processes }, (_, at) => Math.floor((count + at) / processes))
  const children = shares.map((share) =>
    spawn(
      process.execPath,
      [
        path.join(labFolder, 'fleet-bench/simulated-host.ts'),
        String(share),
        hostKey.private,
        JSON.stringify(model),
        String(Number(values['verify-for']) * 1000),
      ],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    ),
  )
  const ports = await Promise.all(
    children.map(
      (child) => new Promise<number[]>((resolve) => child.stdout.once('data', (text: Buffer) => resolve(JSON.parse(text.toString())))),
    ),
  )
  return { ports: ports.flat(), close: () => children.forEach((child) => void child.stdin.end()) }
}

async function deployTo(ports: readonly number[], hostKey: Keys, image: string, canary: string) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fleet-bench-'))
  try {
    writeFileSync(path.join(folder, 'compose.yaml'), 'name: shop\nservices: {}\n')
    const used = path.join(folder, 'used')
    const began = Date.now()
    const step = await runBundle('deploy-compose-ssh', {
      cwd: folder,
      limit: 300_000,
      env: { NODE_OPTIONS: measuring(used), GITHUB_REPOSITORY: 'bench/shop' },
      inputs: {
        host: ports.map((port) => `127.0.0.1:${port}`).join('\n'),
        'ssh-key': newKey().private,
        'known-hosts': `* ${hostKey.public}`,
        images: `web=${image}`,
        'insecure-registries': '127.0.0.0/8',
        routes: ':80 -> web:8000',
        health: 'web: http :8000/health',
        canary,
      },
    })
    if (step.outputs.status !== 'deployed') throw new Error(`it ended ${step.outputs.status}:\n${step.stdout.slice(-3000)}${step.stderr}`)
    const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(used, 'utf8')) as NodeJS.ResourceUsage
    return { seconds: (Date.now() - began) / 1000, megabytes: maxRSS / 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const hostKey = newKey()
const registry = await startRegistry()
const rows: string[][] = []
let one: number | undefined
for (const count of values.hosts.split(',').map(Number)) {
  const hosts = await startHosts(count, hostKey)
  for (const canary of count === 1 ? ['1'] : values.canary.split(',')) {
    const { seconds, megabytes, cpu } = await deployTo(hosts.ports, hostKey, registry.image, canary)
    one ??= seconds
    rows.push([
      String(count),
      count === 1 ? '' : canary,
      seconds.toFixed(1),
      (seconds / one).toFixed(2),
      cpu.toFixed(1),
      megabytes.toFixed(0),
    ])
  }
  hosts.close()
}
registry.close()
console.log(plainTable(['hosts', 'canary', 'whole step, s', '× of the first', 'CPU of the runner, s', 'memory of the runner, MB'], rows))
