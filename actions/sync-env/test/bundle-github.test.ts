import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeGitHub, runBundle } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

let hub: FakeGitHub
let folder: string
beforeAll(async () => {
  hub = await FakeGitHub.open()
  folder = mkdtempSync(join(tmpdir(), 'sync-env-github-'))
})
afterAll(async () => {
  await hub.close()
  rmSync(folder, { recursive: true })
})

const sample = (name: string) => readFileSync(new URL(`../../../packages/sops/test/samples/${name}`, import.meta.url), 'utf8')

test('the bundle opens a file of sops and writes it to an environment: masked, sealed, with its own libraries', async () => {
  const there = hub.add('acme/shop', 'production')
  writeFileSync(join(folder, 'secrets.env'), sample('dotenv.sops'))
  const inputs = {
    ...{ target: 'github', environment: 'production', 'github-token': hub.token, 'env-file': 'secrets.env', variables: 'PLAIN' },
    ...{ 'age-key': sample('key.txt'), 'env-file-format': 'dotenv' },
  }
  const env = { GITHUB_API_URL: hub.url, GITHUB_REPOSITORY: 'acme/shop', GITHUB_WORKSPACE: folder }
  const { code, outputs, stdout, masks } = await runBundle('sync-env', { inputs, env })
  expect([code, outputs.status, stdout.replace(/^::add-mask::.*$/gm, '').includes('postgres')]).toEqual([0, 'written', false])
  expect(Object.fromEntries(there.variables)).toEqual({ PLAIN: 'value' })
  // The rules of dotenv: a # ends a value that has no quotes.
  expect(Object.fromEntries(there.secrets)).toEqual({
    QUOTED: 'two words',
    NL: 'a\\nb',
    EMPTY: '',
    URL: 'postgres://x?a=b',
    ODD: "it's $HOME ünï",
  })
  expect(masks).toEqual(expect.arrayContaining(['two words', 'postgres://x?a=b']))
})
