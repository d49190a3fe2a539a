import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'

// git is started many times.
jest.setTimeout(180_000)

const script = fileURLToPath(new URL('../src/rebuilt.sh', import.meta.url))
const BUNDLE = `${Array.from({ length: 3_000 }, (_, number) => `const n${number} = ${number} // ✓ $HOME \`x\``).join('\n')}\n`

// The job that builds, and the one that pushes: two checkouts of one commit.
let folder: string
let building: string
let pushing: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deploy-actions-rebuilt-'))
  building = join(folder, 'building/work')
  pushing = join(folder, 'pushing/work')
  mkdirSync(building, { recursive: true })
  git('init', '--quiet')
  put('.gitattributes', 'dist/** -diff\n')
  put('package.json', '{}')
  put('dist/deploy/index.cjs', BUNDLE)
  put('dist/deploy/licenses.txt', 'MIT\n')
  put('dist/gone/index.cjs', 'old\n')
  git('add', '.')
  git('commit', '--quiet', '--no-verify', '-m', 'Before')
  cpSync(building, pushing, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

function git(...args: string[]): void {
  const { status, stderr } = spawnSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: building })
  if (status !== 0) throw new Error(String(stderr))
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(building, path)), { recursive: true })
  writeFileSync(join(building, path), text)
}

function packed(): Record<string, string> {
  const outputs = join(folder, 'outputs')
  writeFileSync(outputs, '')
  const { status, stderr } = spawnSync('sh', [script, 'pack', outputs], { cwd: building, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const lines = readFileSync(outputs, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')).replace('part-', 'PART_'), line.slice(line.indexOf('=') + 1)]),
  )
}

const unpack = (parts: Readonly<Record<string, string>>) =>
  spawnSync('sh', [script, 'unpack'], { cwd: pushing, encoding: 'utf8', env: { ...process.env, ...parts } })
const staged = () => spawnSync('git', ['diff', '--cached', '--name-status'], { cwd: pushing, encoding: 'utf8' }).stdout.trim().split('\n')
const inPushing = (path: string) => readFileSync(join(pushing, path), 'utf8')

/** A patch that somebody else made of whatever they like. */
function forged(): Record<string, string> {
  const { stdout } = spawnSync('sh', ['-c', 'git add -A && git diff --cached --text --unified=0 | xz | base64 -w0'], {
    cwd: building,
    encoding: 'utf8',
  })
  return { PART_1: stdout }
}

test('bundles that were changed, made and removed arrive as they were built', () => {
  put('dist/deploy/index.cjs', BUNDLE.replace('n7 = 7', 'n7 = 8').replace('n2999 = 2999', 'last = 1'))
  put('dist/deploy/licenses.txt', 'MIT\nISC without a line end')
  put('dist/new/index.cjs', '#!/no\n\r\n\ttext ✓\n')
  rmSync(join(building, 'dist/gone/index.cjs'))
  const { status, stderr } = unpack(packed())
  expect([status, stderr]).toEqual([0, ''])
  expect(staged()).toEqual(['M\tdist/deploy/index.cjs', 'M\tdist/deploy/licenses.txt', 'D\tdist/gone/index.cjs', 'A\tdist/new/index.cjs'])
  for (const path of ['dist/deploy/index.cjs', 'dist/deploy/licenses.txt', 'dist/new/index.cjs'])
    expect(inPushing(path)).toBe(readFileSync(join(building, path), 'utf8'))
})

test('what is changed beside the bundles stays behind, and nothing changed is no part', () => {
  put('package.json', '{"scripts":{}}')
  expect(packed()).toEqual({})
})

test('a change of several parts arrives too, and one that is too large is told', () => {
  const noise = (lines: number) =>
    Array.from({ length: lines }, (_, at) => createHash('sha512').update(String(at)).digest('base64')).join('\n')
  put('dist/deploy/index.cjs', noise(3_000))
  const parts = packed()
  expect(Object.keys(parts).length).toBeGreaterThan(1)
  expect(unpack(parts).status).toBe(0)
  expect(inPushing('dist/deploy/index.cjs')).toBe(readFileSync(join(building, 'dist/deploy/index.cjs'), 'utf8'))
  put('dist/deploy/index.cjs', noise(20_000))
  expect(packed).toThrow('Build them by hand')
})

test.each<[string, () => void]>([
  ['a workflow', () => put('.github/workflows/release.yml', 'on: push\n')],
  ['a path that only begins alike', () => put('dist/deploy/index.cjs/../../../x.sh', 'id\n')],
  ['another file beside a bundle', () => put('dist/deploy/preload.cjs', 'x\n')],
  ['a source', () => put('packages/kit/src/index.ts', 'x\n')],
])('%s in what is handed over is refused, and nothing is staged', (_, make) => {
  make()
  const { status, stderr } = unpack(forged())
  expect(status).not.toBe(0)
  expect(stderr).toContain('is no bundle')
  expect(staged()).toEqual([''])
})

test('a link and a program in the place of a bundle are refused', () => {
  rmSync(join(building, 'dist/deploy/licenses.txt'))
  symlinkSync('/etc/passwd', join(building, 'dist/deploy/licenses.txt'))
  expect(unpack(forged()).stderr).toContain('is no link')
  rmSync(join(building, 'dist/deploy/licenses.txt'))
  writeFileSync(join(building, 'dist/deploy/licenses.txt'), 'MIT\n', { mode: 0o755 })
  expect(unpack(forged()).stderr).toContain('nobody runs')
})

test('what is no patch at all is refused', () => {
  expect(unpack({ PART_1: 'bm8=' }).status).not.toBe(0)
  expect(unpack({}).status).not.toBe(0)
})
