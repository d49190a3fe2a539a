import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { nodeWorkspace } from '../src/index.ts'

let folder: string
const workspace = () => nodeWorkspace(join(folder, 'repository'))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'workspace-'))
  for (const made of ['repository/conf', 'repository-other']) mkdirSync(join(folder, made), { recursive: true })
  writeFileSync(join(folder, 'repository/compose.yaml'), 'a: 1\n')
  writeFileSync(join(folder, 'repository/conf/run.sh'), '', { mode: 0o755 })
  writeFileSync(join(folder, 'repository-other/secret'), 'x')
  symlinkSync('conf', join(folder, 'repository/inside'))
  symlinkSync('../repository-other/secret', join(folder, 'repository/out'))
  symlinkSync('nowhere', join(folder, 'repository/broken'))
  symlinkSync('loop', join(folder, 'repository/loop'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('files are read as they are; what is not there, and a directory, is nothing', async () => {
  expect((await workspace().read('compose.yaml'))?.toString()).toBe('a: 1\n')
  expect(await workspace().read('none')).toBeUndefined()
  expect(await workspace().read('conf')).toBeUndefined()
  expect(await workspace().read('compose.yaml/below')).toBeUndefined()
})

test('a directory lists its names', async () => {
  expect(await workspace().list('conf')).toEqual(['run.sh'])
})

test.each([
  ['.', 'directory', undefined],
  ['conf', 'directory', undefined],
  ['conf/run.sh', 'file', 0o755],
  ['inside', 'directory', undefined],
  ['inside/run.sh', 'file', 0o755],
])('%s is a %s of the workspace', async (path, kind, mode) => {
  expect(await workspace().stat(path)).toMatchObject({ kind, ...(mode !== undefined && { mode }) })
})

test('a link that leads out is outside, also into a folder whose name begins alike', async () => {
  expect(await workspace().stat('out')).toMatchObject({ kind: 'outside' })
  expect(await workspace().stat('../repository-other')).toMatchObject({ kind: 'outside' })
})

test.each(['none', 'broken', 'loop', 'compose.yaml/below'])('%s is not there', async (path) => {
  expect(await workspace().stat(path)).toBeUndefined()
  expect(await workspace().read(path)).toBeUndefined()
})
