import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { markers, readActions } from '@deploy-actions/build'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { files, read, root } from './repository.ts'

interface Contract {
  readonly inputs: Readonly<Record<string, { secret?: boolean }>>
  readonly outputs: readonly string[]
}

/** What the sources of an action declare: `inputs` and `outputs` of inputs.ts (or outputs.ts). */
async function contractOf(name: string): Promise<Contract> {
  const folder = join(root, 'actions', name, 'src')
  const { inputs, outputs } = await import(`${folder}/inputs.ts`)
  return { inputs, outputs: outputs ?? (await import(`${folder}/outputs.ts`)).outputs }
}

for (const action of readActions(root)) {
  describe(action.name, () => {
    if (action.using !== 'composite') {
      test('action.yml and inputs.ts declare the same inputs in the same order', async () => {
        expect(Object.keys((await contractOf(action.name)).inputs)).toEqual(action.inputs.map((input) => input.name))
      })

      test('inputs described as (secret) are exactly those that are read as secrets', async () => {
        const { inputs } = await contractOf(action.name)
        const read = Object.keys(inputs).filter((name) => inputs[name]?.secret)
        expect(read).toEqual(action.inputs.filter((input) => input.secret).map((input) => input.name))
      })

      test('action.yml declares the outputs that the code declares', async () => {
        expect([...(await contractOf(action.name)).outputs].sort()).toEqual(action.outputs.map((output) => output.name).sort())
      })

      test('the code sets no output that it does not declare', async () => {
        const { outputs } = await contractOf(action.name)
        const sources = files(new RegExp(`^actions/${action.name}/src/.*\\.ts$`)).map(read)
        const set = sources.flatMap((source) => [...source.matchAll(/outputs\.set\(\s*'([^']+)'/g)].map((match) => match[1]))
        expect(set.filter((name) => !outputs.includes(name as string))).toEqual([])
      })

      test('it runs on node24 from its bundle', () => {
        expect(parse(action.text).runs).toMatchObject({ using: 'node24', main: `../../dist/${action.name}/index.cjs` })
      })
    }

    test('names are kebab-case, and everything is described in sentences', () => {
      const all = [...action.inputs, ...action.outputs]
      expect(all.filter(({ name }) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)).map(({ name }) => name)).toEqual([])
      expect(all.filter(({ description }) => !/^[A-Z`].*[.)]$/.test(description)).map(({ name }) => name)).toEqual([])
      expect(action.description).not.toBe('')
    })

    // A runner reads the whole manifest as a template, and refuses to load an action that has an expression in a description.
    test('no description has an expression', () => {
      const all = [action.description, ...[...action.inputs, ...action.outputs].map(({ description }) => description)]
      expect(all.filter((description) => description.includes('${{'))).toEqual([])
    })

    test('its outputs include status', () => {
      expect(action.outputs.map((output) => output.name)).toContain('status')
    })

    test('its README has places for both tables', () => {
      const path = `actions/${action.name}/README.md`
      expect(existsSync(join(root, path))).toBe(true)
      for (const mark of [...markers('inputs'), ...markers('outputs')]) expect(read(path)).toContain(mark)
    })

    test('the README lists it', () => {
      expect(read('README.md')).toContain(`(actions/${action.name}/README.md)`)
    })
  })
}

test('the root action is the one-step action, from its bundle', () => {
  expect(parse(read('action.yml'))).toMatchObject({
    name: parse(read('actions/release-compose-ssh/action.yml')).name,
    runs: { using: 'node24', main: 'dist/release-compose-ssh/index.cjs' },
  })
})

test('the folder of every action has an action.yml', () => {
  const folders = new Set(files(/^actions\/[^/]+\//).map((path) => path.split('/')[1]))
  expect([...folders].filter((name) => !existsSync(join(root, 'actions', name as string, 'action.yml')))).toEqual([])
})
