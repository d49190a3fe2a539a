import { runBundle } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

test('the bundle tells the bad inputs of all parts in one annotation and contacts nobody', async () => {
  const { code, annotations, outputs } = await runBundle('release-compose-ssh', {
    inputs: { host: '', keys: 'TOKEN', tool: 'magic', routes: 'nonsense', url: 'ftp://x', 'smoke-timeout': 'soon' },
    env: { GITHUB_REPOSITORY: 'acme/shop' },
  })
  expect(code).toBe(1)
  expect(annotations).toHaveLength(1)
  expect(annotations[0]).toMatchObject({ title: 'DA-INPUT-INVALID' })
  for (const input of ['host', 'ssh-key', 'known-hosts', 'path', 'tool', 'routes', 'url', 'smoke-timeout'])
    expect(annotations[0]?.message).toContain(`\`${input}\``)
  expect(outputs.status).toBe('failed')
})
