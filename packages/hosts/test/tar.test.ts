import { expect, test } from '@jest/globals'
import { tar } from '../src/tar.ts'

test.each(['../x', '/x', 'a//b', './a', '', 'a\0b'])('the path %j is no path for an upload, and nothing is written', (path) => {
  const files = [{ path: 'good', bytes: Buffer.alloc(1), mode: 0o600 }]
  expect(() => tar([...files, { path, bytes: Buffer.alloc(1), mode: 0o600 }], 0).next()).toThrow('not a path for an upload')
})
