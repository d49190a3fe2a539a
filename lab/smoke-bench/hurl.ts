import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Fault, FaultyShop } from '../../packages/probe/test/faulty-shop.ts'
import { trial } from '../../packages/probe/test/try-checks.ts'
import { plainTable } from '../scenarios/plain-table.ts'

// The same list of checks made by smoke-test's engine and by hurl (hurl.dev), against a shop with one fault at a time: who notices, and what is said.
// `npm run compare:hurl` with hurl on the PATH. Needs no lab.

const VERSION = 'v2'
const CHECKS = `
- get: /
  time-limit: 150ms
  expect: { status: 200, body: Add to cart }
- get: /api/items
  expect: { header: { content-type: { contains: json } }, json: { $.total: 2, '$.items[0].price': { type: number } } }
- health: { path: /health, parts: [database, redis] }
`
const HURL = `GET {{url}}/health
[Options]
retry: 20
retry-interval: 20ms
HTTP 200
[Asserts]
jsonpath "$.version" == "${VERSION}"

GET {{url}}/
[Options]
max-time: 150ms
HTTP 200
[Asserts]
body contains "Add to cart"

GET {{url}}/api/items
HTTP 200
[Asserts]
header "content-type" contains "json"
jsonpath "$.total" == 2
jsonpath "$.items[0].price" isNumber

GET {{url}}/health
HTTP 200
[Asserts]
jsonpath "$.checks.database.status" == "up"
jsonpath "$.checks.redis" == "ok"
`
const FAULTS: readonly Fault[] = [
  ...([
    'none',
    'old-version',
    'no-version',
    'status-503',
    'status-404',
    'flapping',
    'once',
    'error-page',
    'wrong-type',
    'bad-json',
  ] as const),
  ...([
    'slow',
    'silent',
    'slow-body',
    'truncated',
    'reset',
    'reset-in-body',
    'no-http',
    'redirect-loop',
    'redirect-chain',
    'huge',
  ] as const),
  'database-down',
]

interface Told {
  readonly noticed: boolean
  readonly words: string
  readonly ms: number
}

async function byHurl(file: string, url: string): Promise<Told> {
  const begun = performance.now()
  const child = spawn('hurl', ['--no-color', '--variable', `url=${url}`, '--max-time', '10', '--test', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  for await (const part of child.stderr) said += part
  const code = await new Promise((resolve) => child.once('close', resolve))
  // The last error: those before it are of attempts that were made again.
  const [, words = ''] = [...said.matchAll(/^error: (.*)$/gm)].at(-1) ?? []
  return { noticed: code !== 0, words, ms: performance.now() - begun }
}

async function byUs(url: string): Promise<Told> {
  const begun = performance.now()
  const { verdict, rollbackRecommended, first = '' } = await trial({ url, checks: CHECKS, version: VERSION, inARow: 3, timeoutMs: 10_000 })
  const advice = verdict === 'passed' ? '' : rollbackRecommended ? '; go back' : '; do not go back'
  return { noticed: verdict !== 'passed', words: `${first}${advice}`, ms: performance.now() - begun }
}

if (spawnSync('hurl', ['--version'], { stdio: 'ignore' }).error !== undefined) throw new Error('hurl is not on the PATH')
const folder = mkdtempSync(path.join(tmpdir(), 'beside-hurl-'))
const shop = await FaultyShop.open()
try {
  const file = path.join(folder, 'checks.hurl')
  writeFileSync(file, HURL)
  const rows: string[][] = []
  for (const fault of FAULTS) {
    shop.fault = fault
    const hurl = await byHurl(file, shop.url)
    shop.fault = fault
    const ours = await byUs(shop.url)
    const cell = ({ noticed, words, ms }: Told) =>
      `${noticed ? 'fails' : 'passes'} after ${(ms / 1000).toFixed(1)} s ${words.slice(0, 110)}`.trim()
    rows.push([fault, cell(hurl), cell(ours)])
  }
  console.log(plainTable(['fault', 'hurl', 'smoke-test'], rows))
} finally {
  await shop.close()
  rmSync(folder, { recursive: true, force: true })
}
