import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sudoProgram } from '@deploy-actions/hosts'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { sessionCommand } from '../src/bootstrap.ts'
import { inEachShell } from './shells.ts'

const repository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const program = repository('packages/agent/src/sudo/deploy-actions-agent.sh')

const owner = userInfo().username
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-sudo-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the guide installs this very program, and gives sudo the line for it', () => {
  const guide = readFileSync(repository('docs/guide-sudo.md'), 'utf8')
  expect(guide).toContain(`cat >${sudoProgram} <<'END'\n${readFileSync(program, 'utf8')}END\n`)
  expect(guide).toContain(`deploy ALL=(root) NOPASSWD: ${sudoProgram}\n`)
})

test('a session by sudo hands over what the agent needs, and no script', () => {
  const command = sessionCommand({ mode: 'plan', directory: '/opt/shop', lockTimeoutMs: 1_500, who: "it's me", sudo: true })
  expect(command).toMatch(
    /^exec sudo -n -H -- \/usr\/local\/sbin\/deploy-actions-agent session [0-9a-f]{64} \d+ plan \/opt\/shop 2 'it'\\''s me'$/,
  )
})

inEachShell((shell) => {
  const agent = 'printf "%s\\n" "$0" "$*"; [ -z "${DEPLOY_ACTIONS_AGENT:-}" ] || rm "$DEPLOY_ACTIONS_AGENT"\n'
  const call = (input: string, ...words: string[]) => {
    // What stands in the program itself as /bin/sh is the shell of this test.
    writeFileSync(join(folder, 'program'), readFileSync(program, 'utf8').replaceAll('/bin/sh', shell.path))
    const { status, stdout, stderr } = spawnSync(shell.path, [join(folder, 'program'), ...words], { input, env: shell.env })
    return { status, stdout: stdout.toString(), stderr: stderr.toString() }
  }
  const session = (input: string) => {
    const sum = createHash('sha256').update(agent).digest('hex')
    return call(input, 'session', sum, String(agent.length), 'deploy', join(folder, 'shop'), '600', 'a run')
  }

  test('an agent that the host has not is asked for, and run', () => {
    expect(session(`${agent}more`)).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        /^= need-agent\n\/tmp\/deploy-actions-agent\.\w{8}\nsession deploy \/\S+\/shop 600 a run\n$/,
      ) as unknown as string,
      stderr: '',
    })
  })

  test('the one that is installed is run when it is the same', () => {
    mkdirSync(join(folder, 'shop/bin'), { recursive: true })
    writeFileSync(join(folder, 'shop/bin/release'), agent)
    expect(session('').stdout).toBe(`${folder}/shop/bin/release\nsession deploy ${folder}/shop 600 a run\n`)
  })

  test.each([
    ['half of it', agent.slice(0, -2)],
    ['another one of this length', agent.replace('printf', 'prints')],
  ])('%s is not run', (_what, text) => {
    expect(session(text)).toMatchObject({ status: 1, stdout: expect.stringMatching(/^= need-agent\n! DA-HOST-TEMP .*\n$/) })
  })

  test.each([[[]], [['release', 'status']], [['upload']], [['upload', 'a']], [['session', 'x']], [['sh', '-c', 'id']]])(
    'no other words will do: %j',
    (words) => {
      expect(call('', ...words)).toEqual({ status: 2, stdout: '', stderr: 'deploy-actions-agent: only for the runs of deploy-actions\n' })
    },
  )

  test('a file that may not be read is named, with its owner and what mends it; of a closed folder the folder', () => {
    const said = (path: string) => shell.run('id() { echo deploy; }; unreadable "$F" 2>&1', { F: path }).stdout
    const file = join(folder, 'app.env')
    writeFileSync(file, '')
    chmodSync(file, 0o600)
    expect(said(file)).toContain(
      `deploy cannot read ${file}, which belongs to ${owner} (mode 600). Set \`sudo: true\` (docs/guide-sudo.md); `,
    )
    expect(said(file)).toContain(`as root: chgrp deploy ${file} && chmod g+r ${file}; `)
    const closed = said(join(folder, 'closed/app.env'))
    expect(closed).toContain(`deploy cannot read ${folder}/closed/app.env, in ${folder}, which belongs to ${owner} (mode 700).`)
    expect(closed).toContain(`chgrp deploy ${folder} && chmod g+x ${folder}; `)
  })
})
