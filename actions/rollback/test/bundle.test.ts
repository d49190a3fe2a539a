import { runBundle } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

test('the bundle tells all bad inputs in one annotation and contacts nobody', async () => {
  const { code, annotations, outputs } = await runBundle('rollback', {
    inputs: { host: '', to: 'yesterday', env: 'mine' },
    env: { GITHUB_REPOSITORY: 'acme/shop' },
  })
  expect(code).toBe(1)
  expect(annotations).toHaveLength(1)
  expect(annotations[0]).toMatchObject({ title: 'DA-INPUT-INVALID' })
  for (const input of ['host', 'ssh-key', 'known-hosts', 'to', 'env']) expect(annotations[0]?.message).toContain(`\`${input}\``)
  expect(outputs.status).toBe('failed')
})
