import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { read, root } from './repository.ts'

/** The rows of the table: number, and what shows it. */
const rows = read('docs/failure-modes.md')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => {
    const [number = '', , what = '', shown = ''] = line.split(' | ')
    return { number: Number(number.replace('| ', '')), what, shown: shown.replace(/ \|$/, '') }
  })

/** The tests that a row names: file and name. */
function namedIn(shown: string): { file: string; name: string }[] {
  return shown.split(/; (?=`)/).flatMap((part) => {
    const [, file = '', names = ''] = /^`([^`]+)`: (.+)$/.exec(part) ?? []
    return [...names.matchAll(/"([^"]+)"/g)].map((match) => ({ file, name: match[1] ?? '' }))
  })
}

test('all 47 failure modes stand there, each with a test or a reason', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 47 }, (_, index) => index + 1))
  const without = rows.filter(({ shown, what }) => namedIn(shown).length === 0 && !what.includes('no test: '))
  expect(without.map(({ number }) => number)).toEqual([])
})

test('every test that is named exists under that name', () => {
  const missing = rows.flatMap(({ number, shown }) =>
    namedIn(shown)
      .filter(({ file, name }) => !existsSync(join(root, file)) || !read(file).replaceAll("\\'", "'").includes(name))
      .map(({ file, name }) => `${number}: ${file}: ${name}`),
  )
  expect(missing).toEqual([])
})
