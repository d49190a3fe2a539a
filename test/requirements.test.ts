import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { playable } from '../lab/pipelines/play.ts'
import { files, read, root } from './repository.ts'

const page = read('docs/requirements.md')
const rows = page
  .split('\n')
  .filter((line) => /^\| [A-Z]\d+ \|/.test(line))
  .map((line) => {
    const [number = '', wanted = '', state = '', shown = ''] = line.slice(2, -2).split(' | ')
    return { number, wanted, state, shown }
  })

/** Each file that stands in backticks, with the names of tests that stand behind it in quotes. */
const named = [...page.matchAll(/`((?:test|packages|actions|lab)\/[^`*<]+\.ts)`(?:[^"`]*?: ((?:"[^"]+"(?:, )?)+))?/g)].map(
  ([, file = '', names = '']) => ({ file, names: [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name) }),
)
const commands = [...page.matchAll(/`npm run ([^`]+)`/g)].map(([, command = '']) => command.split(' '))

test('every wish has a state; what is met or in part names what shows it, and the rest says what is missing', () => {
  expect(rows.length).toBe(53)
  const counts = Map.groupBy(rows, ({ number }) => number[0])
  expect([...counts.values()].map((group) => group.map(({ number }) => Number(number.slice(1))))).toEqual(
    [10, 11, 11, 11, 10].map((count) => Array.from({ length: count }, (_, index) => index + 1)),
  )
  expect(rows.filter(({ state }) => !['met', 'in part', 'not met'].includes(state)).map(({ number }) => number)).toEqual([])
  const silent = rows.filter(({ state, shown }) => state !== 'not met' && !/`(npm run|test\/|packages\/|actions\/)/.test(shown))
  expect(silent.map(({ number }) => number)).toEqual([])
  const prose = (shown: string) => shown.replaceAll(/`[^`]*`|"[^"]*"|[;:,. ]/g, '')
  expect(rows.filter(({ state, shown }) => state !== 'met' && prose(shown).length < 20).map(({ number }) => number)).toEqual([])
})

test('every test that the page names exists under that name', () => {
  expect(named.length).toBeGreaterThan(40)
  const missing = named.flatMap(({ file, names }) => {
    if (!existsSync(join(root, file))) return [file]
    const text = read(file).replaceAll("\\'", "'")
    return names.filter((name) => !text.includes(name)).map((name) => `${file}: ${name}`)
  })
  expect(missing).toEqual([])
})

test('every command that the page names exists', () => {
  const { scripts } = JSON.parse(read('package.json'))
  expect(commands.filter(([script = '']) => scripts[script] === undefined)).toEqual([])
  const examples = commands.filter(([script, dashes]) => script === 'examples' && dashes === '--').map(([, , name = '']) => name)
  expect(examples.filter((name) => !playable.includes(name))).toEqual([])
})

interface Job {
  readonly needs?: string | readonly string[]
  readonly uses?: string
  readonly steps?: readonly { readonly uses?: string }[]
}

test('in every example what builds images waits for the tests', () => {
  const pipelines = files(/^examples\/[^/]+-pipeline\/\.github\/workflows\/[^/]+\.yml$/)
  const building = pipelines.flatMap((path) => {
    const jobs = parse(read(path)).jobs as Record<string, Job>
    const waits = (name: string): boolean => [jobs[name]?.needs ?? []].flat().some((other) => other === 'test' || waits(other))
    return Object.entries(jobs)
      .filter(([, job]) => /\/pipeline-[a-z-]+\.yml@|\/build-push-ghcr@/.test(JSON.stringify(job)))
      .map(([name]) => ({ path, name, waits: waits(name) }))
  })
  expect(building.length).toBeGreaterThanOrEqual(5)
  expect(building.filter(({ waits }) => !waits)).toEqual([])
})
