import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { joinAgentScript } from '@deploy-actions/build'
import { expect, test } from '@jest/globals'
import { run } from '../lab/shell.ts'
import { actionNames, files, read, root } from './repository.ts'

const page = read('docs/security.md')
/** The cells of the rows that begin with one of these words. */
const rowsOf = (isRow: RegExp) =>
  page
    .split('\n')
    .filter((line) => isRow.test(line))
    .map((line) =>
      line
        .slice(2, -2)
        .split('|')
        .map((cell) => cell.trim()),
    )

/** What only the code for it has, in the order of the page's columns. */
const REACHES = [
  'class NodeSSH',
  'docker-content-digest',
  'octokitApi(',
  /\/v2\/(apps|registry)\b/,
  'AwsClient',
  /tough-cookie|da-notify|da-assets-unreachable|da-allow-ssh-address/,
]

test('what the page says that each action reaches is what its bundle has the code for', () => {
  const ticked = new Map(rowsOf(/^\| [a-z-]+ \|( ✓)? \|/).map(([name = '', ...cells]) => [name, cells.map((cell) => cell === '✓')]))
  expect([...ticked.keys()]).toEqual(actionNames())
  for (const name of actionNames()) {
    const bundle = read(`dist/${name}/index.cjs`).toLowerCase()
    const found = REACHES.map((mark) => (typeof mark === 'string' ? bundle.includes(mark.toLowerCase()) : mark.test(bundle)))
    expect([name, found]).toEqual([name, ticked.get(name)])
  }
})

test('every address of somebody that stands in the sources is on the page', () => {
  const sources = files(/^(packages|actions)\/(?!testing|setup|build\/)[^/]+\/(src\/.*\.ts|action\.yml)$/)
  const addresses = sources.flatMap((path) =>
    read(path)
      .split('\n')
      .filter((line) => !/^\s*(\/\/|\/?\*)|description:/.test(line))
      .flatMap((line) => [...line.matchAll(/https:\/\/((?:api|index|s3)\.[a-z0-9.${}-]+\.[a-z]+)/g)].map(([, host = '']) => host)),
  )
  const known = new Set(addresses.map((host) => host.replace(/\$\{[a-z]+\}/, '<region>')))
  expect(known.size).toBeGreaterThan(2)
  // The name under which Docker's own file keeps a login is asked by nobody.
  expect([...known].filter((host) => host !== 'index.docker.io' && !page.includes(host))).toEqual([])
})

test('what the agent makes on a host has the modes that the page says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-actions-modes-'))
  try {
    const parts = (joinAgentScript(root) ?? '').replace(/main "\$@"\n$/, '')
    const made = 'open_run; open_app "$APP"; make_flag; candidate_secret; operation=deploy release=x previous=y slot=blue; log_event live'
    const env = { APP: join(folder, 'shop'), TMPDIR: folder }
    await run('sh', ['-c', `eval "$(cat)"\n${made}`], { stdin: parts, env })
    const rows = rowsOf(/^\| `[^`]+` \| 0\d{3} \|/)
    expect(rows.length).toBeGreaterThan(9)
    for (const [path = '', mode = ''] of rows) {
      const place = join(folder, 'shop', path.replaceAll('`', ''))
      expect([path, existsSync(place) && `0${(statSync(place).mode & 0o777).toString(8)}`]).toEqual([path, mode])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
