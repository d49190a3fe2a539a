import { createSecrets, createSummary } from '@deploy-actions/kit'
import { FakeRunner } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

function written(kind: 'github' | 'shell', fill: (summary: ReturnType<typeof createSummary>) => void): string {
  const runner = new FakeRunner(kind)
  const secrets = createSecrets()
  secrets.add('hunter2!')
  const summary = createSummary(runner, secrets)
  fill(summary)
  summary.write()
  return kind === 'github' ? runner.summary : runner.written
}

test('a summary is Markdown on GitHub', () => {
  const markdown = written('github', (summary) =>
    summary
      .heading('Live')
      .table(['Service', 'Image'], [['web', 'a|b\nc']])
      .list(['x', 'y']),
  )
  expect(markdown).toBe('## Live\n\n| Service | Image |\n| --- | --- |\n| web | a\\|b<br>c |\n\n- x\n- y\n\n')
})

test('a summary is plain text in a shell', () => {
  const plain = written('shell', (summary) => summary.heading('Live').table(['Service', 'Image'], [['web', 'v2']]))
  expect(plain).toBe('\nLive\n----\n\nService  Image\nweb      v2\n')
})

test('the timeline begins at zero and marks what failed', () => {
  const phases = [
    { name: 'pull: web', start: 5_000, end: 6_500, section: 'web1' },
    { name: 'verify', start: 6_500, end: 7_000, section: 'web1', failed: true },
  ]
  const markdown = written('github', (summary) => summary.timeline('Release', phases))
  expect(markdown).toContain(
    '```mermaid\ngantt\n  title Release\n  dateFormat x\n  axisFormat %M:%S\n  section web1\n  pull web :0, 1500\n  verify :crit, 1500, 2000\n```',
  )
})

test('secrets do not reach the summary', () => {
  expect(written('github', (summary) => summary.text('hunter2!').details('log', 'hunter2!'))).not.toContain('hunter2!')
})

test('a log that contains a fence cannot end its own', () => {
  expect(written('github', (summary) => summary.details('log', 'a\n```\n<script>'))).toContain('````text\na\n```\n<script>\n````')
})

test('a summary above the limit is cut, not dropped', () => {
  const markdown = written('github', (summary) => {
    for (let round = 0; round < 40; round += 1) summary.text('ü'.repeat(30_000))
  })
  expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024)
  expect(markdown).toContain('the rest was left out')
})
