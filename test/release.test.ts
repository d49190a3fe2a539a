import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { node24 } from '@deploy-actions/testing'
import { expect, jest, test } from '@jest/globals'
import { parse } from 'yaml'
import { must } from '../lab/shell.ts'
import { importsOf } from './imports.ts'
import { actionNames, files, read, root } from './repository.ts'

// One test packs the whole repository.
jest.setTimeout(180_000)

interface Step {
  readonly with?: Readonly<Record<string, string>>
  readonly run?: string
  readonly uses?: string
  readonly env?: Readonly<Record<string, string>>
}
interface Job {
  readonly needs?: string | readonly string[]
  readonly permissions: Readonly<Record<string, string>>
  readonly environment?: { readonly name: string }
  readonly steps: readonly Step[]
}

const workflow = parse(read('.github/workflows/release.yml'))
const { check, attest, publish } = workflow.jobs as { check: Job; attest: Job; publish: Job }
const INSTALLS = /\bnpm (ci|i|install|exec|test|run)\b|\bnpx\b/

test('the job that may write tags runs no code that npm installs', () => {
  expect(publish.permissions).toEqual({ contents: 'write' })
  expect(publish.steps.flatMap(({ run = '' }) => INSTALLS.exec(run)?.[0] ?? [])).toEqual([])
  expect(publish.environment?.name).toBe('release')
  const sources = readdirSync(join(root, 'packages/build/src/release')).filter((name) => name.endsWith('.ts'))
  const others = sources.flatMap((name) => importsOf(`packages/build/src/release/${name}`)).filter((name) => !/^(node:|\.\/)/.test(name))
  expect(others).toEqual([])
})

test('the job that installs may only read, and no token is there while what npm installed runs', () => {
  expect(Object.values(check.permissions).filter((level) => level !== 'read')).toEqual([])
  expect(check.steps.filter(({ run = '', env = {} }) => INSTALLS.test(run) && 'GH_TOKEN' in env)).toEqual([])
  expect(check.steps.some(({ run }) => run === 'npm run check')).toBe(true)
})

test('the job that may sign runs nothing of npm, waits for the reviewers, and signs each bundle by its path', () => {
  expect(attest.permissions).toEqual({ contents: 'read', 'id-token': 'write', attestations: 'write' })
  expect(attest.steps.flatMap(({ run }) => run ?? [])).toEqual(['sha256sum dist/*/index.cjs >"$RUNNER_TEMP/bundles"'])
  expect(attest.environment?.name).toBe('release')
  expect([attest.needs, publish.needs]).toEqual(['check', ['check', 'attest']])
  expect(attest.steps.at(-1)?.with).toEqual({ 'subject-checksums': '${{ runner.temp }}/bundles' })
})

test('the major tag moves last, after the release has shown that it can never change', () => {
  const order = publish.steps.map(({ run = '' }) => run)
  const place = (text: string) => order.findIndex((run) => run.includes(text))
  expect(place('main.ts check')).toBeLessThan(place('main.ts tag'))
  expect(place('--draft=false')).toBeLessThan(place('.immutable'))
  expect(place('.immutable')).toBeLessThan(place('main.ts move-major'))
  expect(place('main.ts move-major')).toBe(order.length - 1)
})

test('what is pushed to a branch of Dependabot is built where nothing may be written, and not run where something may', () => {
  const { build, push } = parse(read('.github/workflows/rebuild-dist.yml')).jobs as { build: Job; push: Job }
  expect([build.permissions, push.permissions]).toEqual([{ contents: 'read' }, { contents: 'write' }])
  expect(push.steps.flatMap(({ run = '' }) => INSTALLS.exec(run)?.[0] ?? [])).toEqual([])
  const order = push.steps.map(({ run = '' }) => run)
  const place = (text: string) => order.findIndex((run) => run.includes(text))
  expect(place('git diff --name-only')).toBeLessThan(place('rebuilt.sh unpack'))
  expect(push.steps.filter(({ env = {} }) => 'GH_TOKEN' in env)).toEqual([push.steps.at(-1)])
  // The pattern of the step itself, tried on what Dependabot changes and on what it must not.
  const allowed = new RegExp(/grep -vE '([^']+)'/.exec(order[place('git diff')] ?? '')?.[1] ?? '^$')
  const paths = ['package.json', 'package-lock.json', 'packages/kit/package.json', 'dist/rollback/index.cjs']
  expect(paths.filter((path) => !allowed.test(path))).toEqual([])
  const others = [
    'packages/build/src/rebuilt.sh',
    '.npmrc',
    '.github/workflows/release.yml',
    'packages/build/src/package.json',
    'xpackage.json',
  ]
  expect(others.filter((path) => allowed.test(path))).toEqual([])
})

test('no expression stands in a script of a workflow', () => {
  const jobs = files(/^\.github\/workflows\/[^/]+\.yml$/).flatMap((path) => Object.values(parse(read(path)).jobs as Record<string, Job>))
  expect(jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? [])).filter((run) => run.includes('${{'))).toEqual([])
})

test.each(actionNames())('%s: the licences of what is in its bundle lie beside it', (name) => {
  const licences = readFileSync(join(root, 'dist', name, 'licenses.txt'), 'utf8')
  expect(licences).toContain('@actions/core\nMIT\n')
})

test('what is in a bundle is under a licence that asks for no more than its notice', () => {
  const free = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense']
  interface Locked {
    readonly license?: string
    readonly dev?: boolean
    readonly optional?: boolean
    readonly link?: boolean
  }
  const packages = Object.entries(JSON.parse(read('package-lock.json')).packages as Record<string, Locked>)
  const bundled = packages.filter(([path, { dev, optional, link }]) => path.startsWith('node_modules/') && !dev && !optional && !link)
  const licenceOf = (path: string, { license }: Locked): string => {
    if (license !== undefined) return license
    const { licenses } = JSON.parse(read(`${path}/package.json`)) as { licenses?: { type: string }[] } // ssh2 writes it in an older form
    return licenses?.map(({ type }) => type).join(' ') ?? 'none'
  }
  expect(
    bundled.map(([path, locked]) => `${path}: ${licenceOf(path, locked)}`).filter((line) => !free.includes(line.split(': ')[1] as string)),
  ).toEqual([])
  expect(bundled.length).toBeGreaterThan(20)
})

test('what is attached: the repository, its parts with their licences, and sums that are right', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-actions-assets-'))
  try {
    await must('sh', ['packages/build/src/release/assets.sh', 'v1.2.3', folder], {
      cwd: root,
      env: { PATH: `${dirname(node24())}${delimiter}${process.env.PATH}` },
    })
    expect(readdirSync(folder).sort()).toEqual(['SHA256SUMS', 'deploy-actions-v1.2.3.tar.gz', 'licenses.txt', 'sbom.cdx.json'])
    const { components } = JSON.parse(readFileSync(join(folder, 'sbom.cdx.json'), 'utf8')) as { components: { name: string }[] }
    const names = components.map(({ name }) => name)
    // yaml and semver are used by our tools too; jest and undici are in no bundle.
    expect(names).toEqual(expect.arrayContaining(['@actions/core', 'node-ssh', 'ssh2', 'yaml', 'semver', 'valibot', 'libsodium-wrappers']))
    expect(names.filter((name) => ['jest', 'undici', 'typescript', '@biomejs/biome', 'kit', 'rollback'].includes(name))).toEqual([])
    const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
    expect(sums.match(/ {2}dist\/[a-z-]+\/index\.cjs$/gm)).toHaveLength(actionNames().length)
    await must(
      'sh',
      [
        '-c',
        `grep '  dist/' "$0" | sha256sum --check --quiet && cd "\${0%/*}" && grep -v '  dist/' SHA256SUMS | sha256sum --check --quiet`,
        join(folder, 'SHA256SUMS'),
      ],
      { cwd: root },
    )
    const listed = await must('tar', ['-tzf', join(folder, 'deploy-actions-v1.2.3.tar.gz')])
    expect(listed).toContain('deploy-actions-v1.2.3/dist/rollback/index.cjs')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
