import { existsSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from '@jest/globals'
import { files, read, root } from './repository.ts'

const pages = files(/^([A-Z]+|docs\/.*|lab\/.*|(actions|examples)\/.*)\.md$/)

/** The text outside of code. */
const prose = (text: string): string =>
  text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, '').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '))

/** Where the links and pictures of a page lead. */
const linksIn = (path: string): string[] =>
  [...prose(read(path)).matchAll(/\]\(([^)\s]+)\)|<img [^>]*src="([^"]+)"|^\[[^\]]+\]: (\S+)/gm)].map(([, a, b, c]) => a ?? b ?? c ?? '')

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>()
  const headings = read(path)
    .replaceAll(/^( *)```[\s\S]*?^\1```/gm, '')
    .matchAll(/^#{1,6} +(.+?) *$/gm)
  for (const [, heading = ''] of headings) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = plain.replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-')
    let free = anchor
    for (let number = 1; anchors.has(free); number += 1) free = `${anchor}-${number}`
    anchors.add(free)
  }
  return anchors
}

/** What is wrong with a link, or nothing. */
function wrongWith(link: string, from: string): string[] {
  const [target = '', anchor] = link.split('#')
  const path = target === '' ? from : normalize(join(dirname(from), decodeURIComponent(target)))
  if (path.startsWith('..')) return [`${link} leads out of the repository`]
  if (!existsSync(join(root, path))) return [`${link}: there is no ${path}`]
  if (anchor === undefined || statSync(join(root, path)).isDirectory() || !path.endsWith('.md')) return []
  return anchorsOf(path).has(anchor) ? [] : [`${link}: ${path} has no heading #${anchor}`]
}

test('there are pages with links', () => {
  expect(pages.length).toBeGreaterThan(40)
  expect(pages.flatMap(linksIn).length).toBeGreaterThan(300)
})

test.each(pages)('every link of %s inside the repository leads somewhere, also its anchor', (path) => {
  const inside = linksIn(path).filter((link) => !/^[a-z]+:/.test(link))
  expect(inside.flatMap((link) => wrongWith(link, path))).toEqual([])
})

test('a link that leads nowhere would be seen', () => {
  expect(wrongWith('docs/nothing.md', 'README.md')).toEqual(['docs/nothing.md: there is no docs/nothing.md'])
  expect(wrongWith('docs/errors.md#no-such-code', 'README.md')).toHaveLength(1)
  expect(wrongWith('../../issues', 'docs/errors.md')).toHaveLength(1)
  expect(wrongWith('how-it-works.md#lock-and-journal', 'docs/errors.md')).toEqual([])
})

test('pages that an action, a message or a workflow names exist', () => {
  const sources = files(/^(packages|actions)\/[^/]+\/src\/.*\.(ts|sh|mjs)$|(^|\/)action\.yml$|^\.github\/workflows\/.*\.yml$/).filter(
    // What `init` names lies in the repository that it writes to.
    (path) => !path.includes('.generated.') && !path.startsWith('packages/setup/'),
  )
  const named = sources.flatMap((path) =>
    [...read(path).matchAll(/\bdocs\/[a-z0-9/-]+\.md(#[a-z0-9-]+)?/g)].map(([page]) => `${path} names ${page}`),
  )
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((line) => wrongWith(line.split(' names ')[1] ?? '', 'README.md').length > 0)).toEqual([])
})

test('every code that a page names has an entry in docs/errors.md', () => {
  const entries = new Set([...read('docs/errors.md').matchAll(/^### (DA-\S+)$/gm)].map(([, code]) => code))
  const named = pages.flatMap((path) =>
    [...read(path).matchAll(/\bDA-[A-Z0-9]+(?:-[A-Z0-9]+)*(?!-…|[A-Z])/g)].map(([code]) => `${path}: ${code}`),
  )
  expect(named.length).toBeGreaterThan(200)
  expect(named.filter((line) => !entries.has(line.split(': ')[1]))).toEqual([])
})

test('every guide can be found from the README, and every decision from their list', () => {
  const found = new Set<string>()
  const visit = (path: string) => {
    if (found.has(path) || !existsSync(join(root, path)) || !path.endsWith('.md')) return
    found.add(path)
    for (const link of linksIn(path)) if (!/^[a-z]+:/.test(link)) visit(normalize(join(dirname(path), link.split('#')[0] || '.')))
  }
  visit('README.md')
  expect(files(/^docs\/.*\.md$/).filter((path) => !found.has(path))).toEqual([])
})
