import { expect, test } from '@jest/globals'
import { readYaml } from '../src/index.ts'

test('where Compose wants less than the books, the text of a block stays text', () => {
  const text = `services:
  a:
    command: [
    "x"
    ]
configs:
  motd:
    content: |
      greeting: "welcome
  conf:
    file: d.conf
`
  expect(readYaml(text)).toEqual([
    {
      services: { a: { command: ['x'] } },
      configs: { motd: { content: 'greeting: "welcome\n' }, conf: { file: 'd.conf' } },
    },
  ])
})
