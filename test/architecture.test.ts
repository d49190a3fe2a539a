import { expect, test } from '@jest/globals'
import { findCircle, importsOf, localImports, packageOf, runtimeImportsOf } from './imports.ts'
import { actionNames, files, read } from './repository.ts'

const sources = files(/^(packages|actions)\/[^/]+\/src\/.*\.(ts|mjs)$/)
const folderOf = (path: string) => path.split('/').slice(0, 2).join('/')
const manifestOf = (folder: string) => JSON.parse(read(`${folder}/package.json`)) as { name: string; dependencies?: Record<string, string> }

/** Every import of a source file that breaks a rule, as lines to read. */
function offenders(where: RegExp, isWrong: (name: string, path: string) => boolean): string[] {
  return sources
    .filter((path) => where.test(path))
    .flatMap((path) =>
      importsOf(path)
        .filter((name) => isWrong(name, path))
        .map((name) => `${path} imports ${name}`),
    )
}

test('the kit imports no other package', () => {
  expect(offenders(/^packages\/kit\//, (name) => name.startsWith('@deploy-actions/'))).toEqual([])
})

test("each part of the runner's toolkit is known to one file of the kit", () => {
  const adapter = (name: string) => `packages/kit/src/${name.slice(1).replace('/', '-')}.ts` // @actions/core -> actions-core.ts
  expect(offenders(/./, (name, path) => name.startsWith('@actions/') && path !== adapter(name))).toEqual([])
})

test('one file of packages/hosts starts node-ssh, and no other package knows it', () => {
  expect(offenders(/^(?!packages\/hosts\/)/, (name) => name === 'node-ssh' || name === 'ssh2')).toEqual([])
  expect(sources.filter((path) => runtimeImportsOf(path).includes('node-ssh')).length).toBeLessThanOrEqual(1)
})

test('nothing imports from inside an action, but the one-step action the parts that it is made of, by their one door', () => {
  const actions = new Set(actionNames().map((name) => `@deploy-actions/${name}`))
  const isDoor = (name: string, path: string) =>
    path.startsWith('actions/release-compose-ssh/') && /^@deploy-actions\/[^/]+\/part$/.test(name)
  const isInside = (name: string, path: string) =>
    (actions.has(packageOf(name) ?? '') && !isDoor(name, path)) || /(^|\/)actions\//.test(name)
  expect(offenders(/./, isInside)).toEqual([])
})

test('nothing of ours uses undici, which is left out of the bundles', () => {
  expect(offenders(/./, (name) => packageOf(name) === 'undici' || packageOf(name) === '@actions/http-client')).toEqual([])
})

test('a relative import stays inside its package', () => {
  const leaving = sources.flatMap((path) =>
    localImports(path)
      .filter((other) => folderOf(other) !== folderOf(path))
      .map((other) => `${path} -> ${other}`),
  )
  expect(leaving).toEqual([])
})

test('sources import no test doubles, except the package of doubles itself', () => {
  expect(offenders(/^(?!packages\/testing\/)/, (name) => packageOf(name) === '@deploy-actions/testing')).toEqual([])
})

test('each imported package stands in the package.json of its importer', () => {
  const undeclared = (name: string, path: string) => {
    const wanted = packageOf(name)
    const { name: own, dependencies = {} } = manifestOf(folderOf(path))
    return wanted !== undefined && wanted !== own && !(wanted in dependencies)
  }
  expect(offenders(/./, undeclared)).toEqual([])
})

// Types may refer to each other; only what is left at run time can be a circle that breaks.
test('no file imports itself in a circle', () => {
  expect(
    findCircle(sources, (path) => localImports(path, runtimeImportsOf(path)).filter((other) => sources.includes(other))),
  ).toBeUndefined()
})

test('no package depends on itself in a circle', () => {
  const folders = [...new Set(sources.map(folderOf))]
  const byName = new Map(folders.map((folder) => [manifestOf(folder).name, folder]))
  const next = (folder: string) => Object.keys(manifestOf(folder).dependencies ?? {}).flatMap((name) => byName.get(name) ?? [])
  expect(findCircle(folders, next)).toBeUndefined()
})

test('index.ts of an action composes in under 25 lines', () => {
  const long = sources.filter((path) => /^actions\/[^/]+\/src\/index\.ts$/.test(path) && read(path).trimEnd().split('\n').length >= 25)
  expect(long).toEqual([])
})

test('the work of an action knows no process and starts no programs', () => {
  const work = sources.filter((path) => /^actions\/[^/]+\/src\/(?!index\.ts$)/.test(path))
  expect(work.filter((path) => /\bprocess\./.test(read(path)))).toEqual([])
  expect(offenders(/^actions\/[^/]+\/src\/(?!index\.ts$)/, (name) => name === 'node:child_process')).toEqual([])
})

test('no file is named after nothing in particular', () => {
  const vague = /(^|\/)(utils?|helpers?|common|managers?|types|misc|shared)(\.[a-z.]+)?$|(^|\/)[^/]*-(utils?|helpers?|manager)\.[a-z]+$/
  expect(files(/\.(ts|mjs|sh)$/).filter((path) => vague.test(path) || path.split('/').some((part) => vague.test(part)))).toEqual([])
})
