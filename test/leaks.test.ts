import { dirname } from 'node:path'
import { expect, test } from '@jest/globals'
import { files, read, root } from './repository.ts'

const texts = files(/\.(ts|mjs|cjs|sh|json|md|ya?ml|txt|go|toml|html)$|^\.ci\/run$|Dockerfile/)

/** The folder in which this copy lies, and its parent, unless that is one that every machine has. */
const everywhere = ['/', '/tmp', '/home', '/root', '/opt', '/srv', '/usr', '/var']
const here = [root, dirname(root)].filter((folder) => !everywhere.includes(folder))

test('no file knows where on a machine the repository lies', () => {
  const mentions = (path: string) => here.some((folder) => read(path).includes(`${folder}/`))
  expect(texts.filter(mentions)).toEqual([])
})

test("no file knows a person's home folder", () => {
  const home = /(^|[\s'"=(:])\/(home\/(?!runner\b|deploy\b|app\b|\$|<)[a-z]\w*|Users\/\w+)\//m
  expect(texts.filter((path) => !path.startsWith('dist/') && home.test(read(path)))).toEqual([])
})

test('the lock file names no registry but the public one', () => {
  const hosts = new Set([...read('package-lock.json').matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map((match) => match[1]))
  expect([...hosts].filter((host) => host !== 'registry.npmjs.org')).toEqual([])
})

test('no file holds a private key', () => {
  // Written in two parts, so that this file is not found itself.
  const frame = new RegExp(`-----BEGIN [A-Z ]*${'PRIVATE'} KEY-----\\n[A-Za-z0-9+/=]{40}`)
  expect(texts.filter((path) => frame.test(read(path)))).toEqual([])
})
