import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runBundle } from '@deploy-actions/testing'
import { plainTable } from '../scenarios/plain-table.ts'
import { startServer } from './server.ts'

// What a smoke test costs: the step with its checks beside the same list asked with curl in a shell loop, one after the other in each round.
// `npm run bench:smoke -- [--checks 20] [--rounds 11] [--away 0,30]`. `away`: milliseconds to the server and back. Needs no lab.

const { values } = parseArgs({
  options: {
    checks: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '11' },
    away: { type: 'string', default: '0,30' },
  },
})
const count = Number(values.checks)

/** Asks each address, and looks for what has to be in the answer; the first that is wrong ends it. */
const LOOP = `n=1
while [ "$n" -le "$COUNT" ]; do
  answer=$(curl -sS --fail --max-time 10 \${CA:+--cacert "$CA"} "$URL/check/$n") || exit 1
  case $answer in *"\\"n\\":$n,"*) ;; *) exit 1 ;; esac
  n=$((n + 1))
done`

function byCurl(url: string, ca: string | undefined): void {
  const env = { PATH: process.env.PATH, COUNT: String(count), URL: url, ...(ca !== undefined && { CA: ca }) }
  const { status, stderr } = spawnSync('sh', ['-c', LOOP], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the loop with curl failed: ${stderr}`)
}

const checks = Array.from({ length: count }, (_, at) => `- { get: /check/${at + 1}, expect: { json: { $.n: ${at + 1} } } }\n`).join('')

async function byStep(url: string, ca: string | undefined): Promise<void> {
  const inputs = { url: `${url}/check/1`, checks, 'in-a-row': '1', ...(ca !== undefined && { 'tls-ca': readFileSync(ca, 'utf8') }) }
  const { code, stdout } = await runBundle('smoke-test', { inputs })
  if (code !== 0) throw new Error(`the smoke test failed:\n${stdout}`)
}

const timed = async (work: () => void | Promise<void>): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] as number
const shown = (ms: number): string => String(Math.round(ms))

/** Both ways in turn, so that what the machine does besides falls on both. */
async function compare(title: string, url: string, ca: string | undefined): Promise<string[]> {
  const [loop, step]: [number[], number[]] = [[], []]
  for (let round = 0; round < Number(values.rounds); round++) {
    loop.push(await timed(() => byCurl(url, ca)))
    step.push(await timed(() => byStep(url, ca)))
  }
  const ratio = median(step) / median(loop)
  return [title, shown(median(loop)), shown(Math.min(...loop)), shown(median(step)), shown(Math.min(...step)), ratio.toFixed(2)]
}

const folder = mkdtempSync(path.join(tmpdir(), 'smoke-bench-'))
try {
  const [key, ca] = [path.join(folder, 'key.pem'), path.join(folder, 'ca.pem')]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', ca]
  execFileSync('openssl', [...request, '-days', '90', '-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' })
  const rows: string[][] = []
  const keys = { key: readFileSync(key, 'utf8'), cert: readFileSync(ca, 'utf8') }
  for (const away of values.away.split(',').map(Number)) {
    const about = away === 0 ? 'beside' : `${away} ms away`
    for (const secure of [false, true]) {
      const server = await startServer({ away, ...(secure && keys) })
      rows.push(await compare(`${secure ? 'https' : 'http'}, ${about}`, server.url, secure ? ca : undefined))
      server.close()
    }
  }
  const head = [`${count} checks`, 'curl loop ms', 'best', 'smoke-test ms', 'best', 'ratio']
  console.log(plainTable(head, rows))
  console.log(
    'Medians of whole processes, start included. smoke-test asks once more (it waits for the address first), and writes its reports.',
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
