import { expect, test } from '@jest/globals'
import { readyFor } from '../src/ready.ts'
import { given, portsOf, run } from './ground.ts'

const unreachable = {
  name: 'one',
  address: 'one:22',
  connect: () => Promise.reject(new Error('nobody is asked')),
}

test('what is wrong with values, names and files of several parts is told together, before a host is asked', async () => {
  const inputs = given({ keys: 'TOKEN', path: 'env/web.env', template: '.env.example', 'env-keys': 'COLOR' })
  const files = { '.env.example': 'TOKEN=\nSECRET_KEY=\n', 'compose.yaml': 'services: {}' }
  const { ports } = portsOf({ inputs, places: [unreachable], files, env: { TOKEN: 'first' } })
  await expect(readyFor(inputs, run, ports)).rejects.toMatchObject({
    code: 'DA-ENV-KEY-MISSING',
    message: expect.stringMatching(
      /^2 things.*nothing was touched:\n- .*COLOR.*\(DA-ENV-KEY-MISSING\)\n- .*SECRET_KEY.*\(DA-ENV-CONTRACT\)$/s,
    ),
  })
})

test('a Compose file that is not there is told before the env file is written', async () => {
  const inputs = given({ keys: 'TOKEN', path: 'env/web.env' })
  const { ports } = portsOf({ inputs, places: [unreachable], env: { TOKEN: 'first' } })
  await expect(readyFor(inputs, run, ports)).rejects.toMatchObject({ code: 'DA-COMPOSE-FILE-MISSING' })
})

test('without values there is no env file to write', async () => {
  const inputs = given({})
  const { ports } = portsOf({ inputs, files: { 'compose.yaml': 'services: {}' } })
  expect((await readyFor(inputs, run, ports)).envValues).toBeUndefined()
})
