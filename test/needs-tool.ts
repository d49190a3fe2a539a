import { spawnSync } from 'node:child_process'
import { test } from '@jest/globals'

/**
 * A test that needs a program. Where the program is missing, the test is left out under a name that says so, and the run is told by name;
 * with CI=true it fails instead, because there a missing tool is a mistake of the set-up.
 */
export function testWith(tool: string, fact: string, work: () => void | Promise<void>, remedy = '.ci/run installs it'): void {
  const missing = spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined
  testUnless(missing ? `${tool} is not installed; ${remedy}` : undefined, fact, work)
}

/** A test that needs something else of the machine, by the same rule. @param obstacle undefined: everything is there */
export function testUnless(obstacle: string | undefined, fact: string, work: () => void | Promise<void>): void {
  if (obstacle === undefined) test(fact, work)
  else if (process.env.CI === 'true') test(fact, () => Promise.reject(new Error(obstacle)))
  else test.skip(`${fact} (left out: ${obstacle})`, work)
}

/** Runs a linter and fails with all that it wrote when it finds something. */
export function expectClean(tool: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(tool, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${tool} found:\n${stdout}${stderr}`)
}
