import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { sectionOf, unreleased } from '../src/release/changelog.ts'
import { checkRelease } from '../src/release/check-release.ts'
import { gitIn } from '../src/release/git.ts'
import { moveMajorTag, setVersionTag } from '../src/release/set-tags.ts'
import { compareVersions, parseVersion } from '../src/release/version.ts'

// git is started many times.
jest.setTimeout(180_000)

const CHANGELOG = `# Changelog

## Unreleased

## 1.2.3 (2026-11-22)

- Added: a thing.
- Fixed: another.

## 1.2.0

- First.
`

// A real repository, and a real remote beside it.
let folder: string
let clone: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deploy-actions-release-'))
  clone = join(folder, 'clone')
  run(folder, 'init', '--quiet', '--bare', '--initial-branch=main', 'origin.git')
  mkdirSync(clone)
  run(clone, 'init', '--quiet', '--initial-branch=main')
  run(clone, 'remote', 'add', 'origin', '../origin.git')
  commit('1.2.3', CHANGELOG)
  run(clone, 'push', '--quiet', 'origin', 'main')
})
afterEach(() => rmSync(folder, { recursive: true }))

function run(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false', '-c', 'tag.gpgsign=false']
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

function commit(version: string, changelog: string): string {
  for (const file of ['package.json', 'package-lock.json']) writeFileSync(join(clone, file), JSON.stringify({ version }))
  writeFileSync(join(clone, 'CHANGELOG.md'), changelog)
  run(clone, 'add', '.')
  run(clone, 'commit', '--quiet', '--no-verify', '--allow-empty', '-m', `Version ${version}`)
  return run(clone, 'rev-parse', 'HEAD')
}

const remote = (tag: string) => gitIn(clone).remoteTags().get(tag)
const publish = (version: string) => setVersionTag(parseVersion(version), run(clone, 'rev-parse', 'HEAD'), gitIn(clone))
const moveMajor = (version: string) => moveMajorTag(parseVersion(version), gitIn(clone))

test('a version is three numbers, and they are compared as numbers', () => {
  expect(parseVersion('v1.2.3')).toEqual({ text: '1.2.3', tag: 'v1.2.3', majorTag: 'v1', numbers: [1, 2, 3] })
  expect(compareVersions(parseVersion('1.10.0'), parseVersion('1.9.9'))).toBeGreaterThan(0)
  for (const wrong of ['1.2', 'v1', '1.2.3-rc.1', '01.2.3', '1.2.3.4', '', '1.2.3\n', 'v1.2.3; id'])
    expect(() => parseVersion(wrong)).toThrow('is no version')
})

test('the text of a release is the section of its version, and no other', () => {
  expect(sectionOf(CHANGELOG, '1.2.3')).toBe('- Added: a thing.\n- Fixed: another.')
  expect(sectionOf(CHANGELOG, '1.2.0')).toBe('- First.')
  expect(() => sectionOf(CHANGELOG, '1.2.1')).toThrow('has no section "## 1.2.1"; it has Unreleased, 1.2.3, 1.2.0')
  expect(() => sectionOf('## 1.0.0\n\n## 0.9.0\n- x\n', '1.0.0')).toThrow('is empty')
  expect(() => sectionOf('## 1.0.0\n- x\n## 1.0.0\n- y\n', '1.0.0')).toThrow('2 sections')
  expect(unreleased(CHANGELOG)).toBe('')
  expect(unreleased('## Unreleased\n- x\n')).toBe('- x')
})

test('a commit of main whose files agree on the version may be released', () => {
  const { version, commit: found, notes } = checkRelease(clone, '1.2.3', gitIn(clone))
  expect([version.tag, found, notes]).toEqual(['v1.2.3', run(clone, 'rev-parse', 'HEAD'), '- Added: a thing.\n- Fixed: another.'])
})

test('everything that speaks against a release is told together', () => {
  commit('1.2.3', '## Unreleased\n- forgotten\n')
  expect(() => checkRelease(clone, '1.3.0', gitIn(clone))).toThrow(
    /^v1\.3\.0 cannot be released:\n- CHANGELOG\.md has no section "## 1\.3\.0".*\n- .*Unreleased.*\n- package\.json says version 1\.2\.3\n- package-lock\.json says version 1\.2\.3\n- commit [0-9a-f]{40} is neither on main nor on releases\/v1$/,
  )
})

test('a fix of an older major version is released from its branch', () => {
  commit('1.2.3', `${CHANGELOG}\n`)
  expect(() => checkRelease(clone, '1.2.3', gitIn(clone))).toThrow('is neither on main')
  run(clone, 'push', '--quiet', 'origin', 'HEAD:refs/heads/releases/v1')
  expect(checkRelease(clone, '1.2.3', gitIn(clone)).version.tag).toBe('v1.2.3')
})

test('a tag that is out is refused for another commit, and taken for the same', () => {
  expect(publish('1.2.3')).toBe('made')
  expect(publish('1.2.3')).toBe('there')
  const first = remote('v1.2.3')
  commit('1.2.3', `${CHANGELOG}\n`)
  run(clone, 'push', '--quiet', 'origin', 'main')
  expect(() => checkRelease(clone, '1.2.3', gitIn(clone))).toThrow(`the tag v1.2.3 is out and points to ${first}`)
  expect(() => publish('1.2.3')).toThrow('a version is never given twice')
  expect(remote('v1.2.3')).toBe(first)
})

test('a tag that somebody signs and pushes counts by the commit that it points to', () => {
  run(clone, 'tag', '-a', 'v1.2.3', '-m', 'Version 1.2.3')
  run(clone, 'push', '--quiet', 'origin', 'v1.2.3')
  expect(checkRelease(clone, 'v1.2.3', gitIn(clone)).version.text).toBe('1.2.3')
  expect(publish('1.2.3')).toBe('there')
  expect(moveMajor('1.2.3')).toBe('moved')
  expect(remote('v1')).toBe(run(clone, 'rev-parse', 'HEAD'))
})

test('the major tag is made, moves forwards, and never goes back', () => {
  publish('1.2.3')
  expect(moveMajor('1.2.3')).toBe('moved')
  expect(moveMajor('1.2.3')).toBe('there')
  const newest = commit('1.10.0', CHANGELOG)
  publish('1.10.0')
  expect(moveMajor('1.10.0')).toBe('moved')
  commit('1.9.1', CHANGELOG)
  publish('1.9.1')
  expect(moveMajor('1.9.1')).toEqual({ newer: 'v1.10.0' })
  expect(remote('v1')).toBe(newest)
  commit('2.0.0', CHANGELOG)
  publish('2.0.0')
  moveMajor('2.0.0')
  expect(remote('v1')).toBe(newest)
})

test('the major tag moves to no version that is not out', () => {
  expect(() => moveMajor('1.2.3')).toThrow('there is no tag v1.2.3')
})

test('a tag that somebody moved meanwhile is not overwritten', () => {
  publish('1.2.3')
  moveMajor('1.2.3')
  const other = commit('1.2.4', CHANGELOG)
  expect(() => gitIn(clone).push('v1', other, other)).toThrow('git push failed')
  expect(() => gitIn(clone).push('v1.2.3', other, '')).toThrow('git push failed')
})

test('the check runs by itself, without any module that npm brings, and tells the workflow what it found', () => {
  const outputs = join(folder, 'outputs')
  const source = new URL('../src/release/', import.meta.url)
  mkdirSync(join(clone, 'packages/build/src'), { recursive: true })
  execFileSync('cp', ['-r', source.pathname, join(clone, 'packages/build/src/release')])
  const main = join(clone, 'packages/build/src/release/main.ts')
  const env = { ...process.env, GITHUB_OUTPUT: outputs }
  const start = (...args: string[]) => execFileSync(process.execPath, [main, ...args], { encoding: 'utf8', env, stdio: 'pipe' })
  expect(start('check', '1.2.3', join(folder, 'notes.md'))).toMatch(/^version=1\.2\.3\ntag=v1\.2\.3\nmajor-tag=v1\ncommit=[0-9a-f]{40}\n$/)
  expect(execFileSync('cat', [outputs, join(folder, 'notes.md')], { encoding: 'utf8' })).toContain('major-tag=v1\n')
  expect(start('tag', '1.2.3')).toContain('v1.2.3: made')
  expect(start('move-major', '1.2.3')).toBe('v1: moved\n')
  expect(() => start('check', '1.2.4')).toThrow('v1.2.4 cannot be released')
})
