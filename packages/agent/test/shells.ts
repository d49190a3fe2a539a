import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { joinAgentScript } from '@deploy-actions/build'
import { afterAll, beforeAll, describe } from '@jest/globals'
import { testWith } from '../../../test/needs-tool.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const agent = joinAgentScript(repository) ?? ''
// Whether the machine has an engine must not matter here: a test that needs one puts its own in this one's place.
const NO_DOCKER = '#!/bin/sh\necho "a test of logic has no Docker: docker $*" >&2\nexit 97\n'
const CALL = 'main "$@"\n'
if (!agent.endsWith(CALL)) throw new Error(`the agent is expected to end with ${CALL}`)

/** One of the shells that hosts have as /bin/sh, with the tools that go with it. */
export interface Shell {
  readonly name: string
  /** The shell itself. */
  readonly path: string
  /** Variables for whatever is run in it: PATH, and TMPDIR in a folder of its own. */
  readonly env: Readonly<Record<string, string>>
  /** A folder on the PATH before everything else, for programs that play a part. */
  readonly programs: string
  /** Sources the agent's functions without running it, then runs `code`. Functions that `code` defines take the place of the agent's. */
  run(code: string, env?: Readonly<Record<string, string>>): { status: number | null; stdout: string; stderr: string }
}

const SHELLS = [
  { name: 'dash', tool: 'dash' },
  { name: 'busybox ash', tool: 'busybox' },
]

/** The same tests in dash with the tools of this machine, and in busybox's ash with its own. */
export function inEachShell(tests: (shell: Shell) => void): void {
  for (const { name, tool } of SHELLS) {
    describe(name, () => {
      if (spawnSync(tool, ['--help'], { stdio: 'ignore' }).error === undefined) tests(shellWith(name, tool))
      else testWith(tool, `the agent works in ${name}`, () => undefined, `apt-get install ${tool}`)
    })
  }
}

function shellWith(name: string, tool: string): Shell {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-'))
  const [programs, tools, temporary, parts] = ['programs', 'tools', 'tmp', 'parts.sh'].map((part) => join(folder, part)) as [
    ...[string, string, string, string],
  ]
  beforeAll(() => {
    for (const made of [programs, tools, temporary]) mkdirSync(made)
    if (tool === 'busybox') spawnSync('busybox', ['--install', '-s', tools])
    else symlinkSync(spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim(), join(tools, 'sh'))
    writeFileSync(parts, agent.slice(0, -CALL.length))
    writeFileSync(join(programs, 'docker'), NO_DOCKER, { mode: 0o755 })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const env = { PATH: [programs, tools, process.env.PATH].join(delimiter), TMPDIR: temporary, HOME: temporary, PARTS: parts }
  const path = join(tools, 'sh')
  return {
    ...{ name, path, env, programs },
    run(code, more = {}) {
      const { status, stdout, stderr } = spawnSync(path, ['-c', `. "$PARTS"\n${code}`], { encoding: 'utf8', env: { ...env, ...more } })
      return { status, stdout, stderr }
    },
  }
}
