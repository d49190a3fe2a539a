import { runBundle } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

test('the bundle tells all bad inputs in one annotation and contacts nobody', async () => {
  const { code, annotations, outputs } = await runBundle('sync-env', {
    inputs: { host: '', path: '../up', mode: '0644', 'env-file-format': 'yaml', values: '{"A": 1}', prune: 'A*B', keep: '0' },
    env: { GITHUB_REPOSITORY: 'acme/shop' },
  })
  expect(code).toBe(1)
  expect(annotations).toHaveLength(1)
  const wrong = ['host', 'ssh-key', 'known-hosts', 'path', 'mode', 'env-file-format', 'values', 'prune', 'keep']
  for (const input of wrong) expect(annotations[0]?.message).toContain(`\`${input}\``)
  expect(outputs.status).toBe('failed')
})
