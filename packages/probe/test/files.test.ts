import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesIn } from '@deploy-actions/probe'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'))
  mkdirSync(join(folder, 'there'))
  writeFileSync(join(folder, 'file'), '')
})
afterEach(() => rmSync(folder, { recursive: true }))

test.each([
  ['there', 'is a folder, and has to be a file'],
  ['new/', 'is a folder, and has to be a file'],
  ['file/junit.xml', 'file is no folder'],
  ['file/a/junit.xml', 'file is no folder'],
])('what is in the way of a report is known before: %s', (path, problem) => {
  expect(filesIn(folder).whyNotWritable(path)).toContain(problem)
})

test('what comes in the way later is told by its code', () => {
  expect(() => filesIn(folder).write('file/junit.xml', '')).toThrow(expect.objectContaining({ code: 'DA-SMOKE-REPORT' }))
})

test.each(['file', 'new/folder/junit.xml', 'there/junit.xml'])('where nothing is in the way it is written: %s', (path) => {
  expect(filesIn(folder).whyNotWritable(path)).toBeUndefined()
  expect(readFileSync(filesIn(folder).write(path, 'text'), 'utf8')).toBe('text')
})
