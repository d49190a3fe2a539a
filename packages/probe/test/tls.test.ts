import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { testWith } from '../../../test/needs-tool.ts'
import { Authority } from './certificates.ts'
import { FaultyShop } from './faulty-shop.ts'
import { trial } from './try-checks.ts'

const there = spawnSync('openssl', ['version'], { stdio: 'ignore' }).error === undefined
let authority: Authority
beforeAll(() => {
  if (there) authority = new Authority()
})
afterAll(() => authority?.remove())

/** @param more.wrong it is never right, so all of the time is waited for */
async function asked(names: string, days: number, more: { trusted?: boolean; host?: string; wrong?: boolean } = {}) {
  const shop = await FaultyShop.open(authority.sign(names, days))
  try {
    const { trusted = true, host, wrong = false } = more
    const url = host === undefined ? shop.url : `https://${host}:${shop.port}`
    return await trial({
      url,
      timeoutMs: wrong ? 1_500 : 20_000,
      ...(trusted && { ca: authority.ca }),
      ...(host !== undefined && { addresses: { [host]: ['127.0.0.1'] } }),
    })
  } finally {
    await shop.close()
  }
}

const withOpenssl = (fact: string, work: () => Promise<void>) => testWith('openssl', fact, work)

withOpenssl('a good certificate is a result of its own, with the days that are left', async () => {
  const { verdict, results } = await asked('IP:127.0.0.1', 60)
  expect(verdict).toBe('passed')
  expect(results).toMatchObject([{ state: 'passed', name: expect.stringMatching(/certificate of 127.0.0.1:\d+: (59|60) days left/) }])
})

withOpenssl('by `resolve` a name is asked at an address, and the certificate is for the name', async () => {
  expect((await asked('DNS:shop.test', 60, { host: 'shop.test' })).verdict).toBe('passed')
})

withOpenssl('one that ends in 20 days is a warning, in 5 days a failure that no rollback mends', async () => {
  const soon = await asked('IP:127.0.0.1', 20)
  expect(soon).toMatchObject({ verdict: 'passed', results: [{ state: 'failed', severity: 'warn' }] })
  expect(await asked('IP:127.0.0.1', 5)).toMatchObject({
    verdict: 'tls',
    rollbackRecommended: false,
    first: expect.stringMatching(/valid for [45] more days/),
  })
})

withOpenssl('expired, for another name, and from a stranger are told apart', async () => {
  expect(await asked('IP:127.0.0.1', -1, { wrong: true })).toMatchObject({
    verdict: 'tls',
    rollbackRecommended: false,
    first: expect.stringMatching(/has expired/),
  })
  expect(await asked('DNS:other.test', 60, { host: 'shop.test', wrong: true })).toMatchObject({
    verdict: 'tls',
    first: expect.stringMatching(/is for other names \(other.test\)/),
  })
  expect(await asked('IP:127.0.0.1', 60, { trusted: false, wrong: true })).toMatchObject({
    verdict: 'tls',
    first: expect.stringMatching(/not trusted here/),
  })
})

withOpenssl('a server without TLS behind an https address is a matter of TLS', async () => {
  const shop = await FaultyShop.open()
  const result = await trial({ url: `https://127.0.0.1:${shop.port}`, timeoutMs: 1_000 })
  await shop.close()
  expect(result).toMatchObject({ verdict: 'tls', first: expect.stringMatching(/no TLS connection/) })
})
