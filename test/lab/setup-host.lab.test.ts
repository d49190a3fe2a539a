import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SETUP_SCRIPT } from '@deploy-actions/setup'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { forgetSetUp, freshHost } from '../../lab/scenarios/fresh-host.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { run } from '../../lab/shell.ts'
import { read, root } from '../repository.ts'

// The set-up script twice on a bare box, then doctor.

let stage: Stage
let folder: string
beforeAll(async () => {
  stage = await openStage({ box: 'systemd' })
  await freshHost(stage.box, '/tmp/stand-ins')
  folder = mkdtempSync(join(tmpdir(), 'deploy-actions-doctor-'))
  writeFileSync(join(folder, 'compose.yaml'), 'services:\n  web: { build: . }\n')
  writeFileSync(join(folder, 'known_hosts'), stage.box.knownHosts)
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await forgetSetUp(stage.box, '/tmp/stand-ins')
})

async function must(command: string, stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await stage.box.exec(command, { stdin })
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

const setUp = async () => {
  const key = (await must('cat /root/.ssh/authorized_keys')).trim()
  return must(`PATH=/tmp/stand-ins:$PATH sh -s -- --app shop --user shipper --key '${key}' --host ${stage.box.address}`, read(SETUP_SCRIPT))
}

test('the set-up script makes a bare host ready, changes nothing when it runs again, and prints the known_hosts line', async () => {
  const first = await setUp()
  expect(first).not.toContain('LEFT')
  for (const said of ['packages: ufw', 'user shipper', '/opt/shop', 'firewall: TCP 22 80 443', 'SSH by key only'])
    expect(first).toContain(`set   ${said}`)
  const again = await setUp()
  expect(again.split('\n').filter((line) => /^(set|LEFT) /.test(line))).toEqual([])
  expect(again).toContain(stage.box.knownHosts.split('\n')[0])
})

test('then doctor logs in as that user and finds nothing of the script to mend', async () => {
  const args = [
    'doctor',
    '--directory',
    folder,
    '--app',
    'shop',
    '--user',
    'shipper',
    '--hosts',
    stage.box.address,
    '--known-hosts',
    join(folder, 'known_hosts'),
  ]
  const { stdout } = await run(process.execPath, ['packages/build/src/shell.mjs', ...args], {
    cwd: root,
    env: { ...process.env, SSH_KEY_FILE: stage.box.keyFile },
    timeoutMs: 60_000,
  })
  const lines = stdout.split('\n').map((line) => line.trim())
  for (const well of [
    'logged in as shipper; it proved its key',
    'live-restore: containers outlive a restart of Docker',
    'logs of containers are rotated',
    'SSH takes keys only',
    'nothing is deployed yet',
  ])
    expect(lines).toContain(`OK        ${well}`)
  expect(stdout).toContain('FAIL      no workflow uses deploy-actions')
})
