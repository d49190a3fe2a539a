import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { joinAgentScript } from '@deploy-actions/build'
import { expect, test } from '@jest/globals'
import { expectClean, testWith } from './needs-tool.ts'
import { files, read, root } from './repository.ts'

const workflows = files(/^(.*\/)?\.github\/workflows\/[^/]+\.ya?ml$/)
// The parts of the agent use each other's functions, so they are checked as the one script that they become.
const scripts = files(/\.sh$/).filter((path) => !path.startsWith('packages/agent/src/sh/'))

testWith('actionlint', 'actionlint finds nothing in any workflow', () => expectClean('actionlint', workflows, root))

testWith('zizmor', 'zizmor finds nothing in our workflows and actions', () => {
  const manifests = files(/^(actions\/[^/]+\/)?action\.yml$/)
  expectClean('zizmor', ['--offline', '--no-progress', '--quiet', '--persona', 'auditor', '.github', ...manifests], root)
})

testWith('zizmor', 'zizmor finds nothing in the pipelines of the examples, but that they name versions and no commits', () => {
  const pipelines = files(/^examples\/[^/]+-pipeline\/\.github\/workflows\/[^/]+\.yml$/)
  expectClean('zizmor', ['--offline', '--no-progress', '--quiet', '--config', 'examples/zizmor.yml', ...pipelines], root)
})

testWith('shellcheck', 'shellcheck finds nothing in any shell script', () => expectClean('shellcheck', ['.ci/run', ...scripts], root))

const agent = joinAgentScript(root)
if (agent !== undefined) {
  // dash, because `local` is in no standard and in every shell that hosts have as sh (dash, busybox ash).
  testWith('shellcheck', 'shellcheck finds nothing in the joined agent', () => {
    const path = join(tmpdir(), `deploy-actions-agent-${process.pid}.sh`)
    writeFileSync(path, agent)
    try {
      expectClean('shellcheck', ['--shell=dash', path], root)
    } finally {
      rmSync(path)
    }
  })
}

test('each function of the agent has a name of its own: a second one would take the place of the first without a word', () => {
  const names: readonly string[] = (agent ?? '').match(/^\w+(?=\(\))/gm) ?? []
  expect(names.length).toBeGreaterThan(100)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test('third-party actions are pinned by commit, with the version beside it', () => {
  const loose = workflows
    .filter((path) => path.startsWith('.github/'))
    .flatMap((path) => read(path).match(/uses: (?![.$]\/).*/g) ?? [])
    .filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
  if (loose.length > 0) throw new Error(`not pinned:\n${loose.join('\n')}`)
})
