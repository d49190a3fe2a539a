import { beforeAll, expect, test } from '@jest/globals'
import { ensureEngine } from '../../../lab/engine/engine.ts'
import { compose } from './compose-host.ts'
import { expectationOf, type Outcome, planned, projectNames, recreated, refusedModels } from './compose-projects.ts'

// No engine is asked, but the Compose plugin comes with one.
beforeAll(() => ensureEngine(() => {}))

for (const name of projectNames()) {
  const expected = expectationOf(name)
  test(`${name}: ${expected.about}`, () =>
    planned(name, expected, async (outcome) => {
      if (expected.since !== undefined && (await isOlder(expected.since))) return expect(codesOf(outcome)).toEqual(['DA-COMPOSE-INVALID'])
      for (const note of expected.notes ?? []) expect(outcome.log).toContain(note)
      if (expected.refused !== undefined) return expectRefused(outcome, expected.refused)
      expect(outcome.error).toBeUndefined()
      const { lines = [] } = outcome.plan ?? {}
      expect(Object.fromEntries(lines.map(({ service, strategy }) => [service, strategy]))).toEqual(expected.services)
      if (expected.project !== undefined) expect(outcome.plan?.model.name).toBe(expected.project)
      expect(outcome.again).toMatchObject({ unchanged: true })
      const running = outcome.again?.lines
        .map(({ strategy }) => strategy)
        .filter((strategy) => strategy === 'start' || strategy === 'recreate')
      expect(running).toEqual([])
      expect(await refusedModels(outcome)).toEqual([])
      expect(await recreated(outcome, expected)).toEqual(expected.recreated ?? [])
    }))
}

function expectRefused(outcome: Outcome, refused: Readonly<Record<string, string>>): void {
  expect(codesOf(outcome)).toEqual(Object.keys(refused).sort())
  for (const words of Object.values(refused)) expect(outcome.error?.message).toContain(words)
}

/** One refusal is the error itself; several are told in its message. */
function codesOf({ error }: Outcome): string[] {
  const told = [...(error?.message ?? '').matchAll(/\((DA-[A-Z-]+)\)$/gm)].map((match) => match[1] as string)
  return [...new Set(told.length > 0 ? told : [error?.code ?? String(error)])].sort()
}

async function isOlder(wanted: string): Promise<boolean> {
  const { stdout } = await compose('/', 'version', '--short')
  const [have, want] = [stdout, wanted].map((text) => text.replace(/^v/, '').split('.').map(Number))
  return (have?.[0] ?? 0) < (want?.[0] ?? 0) || (have?.[0] === want?.[0] && (have?.[1] ?? 0) < (want?.[1] ?? 0))
}
