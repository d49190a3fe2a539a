import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SETUP_SCRIPT } from '@deploy-actions/setup'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { run } from '../../lab/shell.ts'
import { read, root } from '../repository.ts'

// The set-up script twice on a bare box, then doctor. Packages, the firewall and systemd are stand-ins, because a box has none; users, Docker and sshd are real.
const STAND_INS = {
  'apt-get': 'for word; do case $word in -* | install | update) ;; *) echo "$word" >>/tmp/installed ;; esac; done',
  'dpkg-query': `for word; do :; done
    case $word in
      ufw | unattended-upgrades) grep -qx "$word" /tmp/installed || exit 1 ;;
      *-persistent) exit 1 ;;
    esac
    echo "install ok installed"`,
  ufw: `case $* in
      status*) [ ! -e /tmp/ufw-on ] || { echo "Status: active"; cat /tmp/ufw-rules; } ;;
      allow*) printf '%-26s ALLOW IN    Anywhere\\n' "$2" >>/tmp/ufw-rules ;;
      *enable) : >/tmp/ufw-on ;;
    esac`,
  systemctl:
    'case $* in "is-active"*) exit 3 ;; *docker) kill -HUP "$(cat /run/docker.pid)" ;; *ssh) kill -HUP "$(cat /run/sshd.pid)" ;; esac',
}
const WRITTEN = '/etc/ssh/sshd_config.d/00-deploy-actions.conf /etc/apt/apt.conf.d/20auto-upgrades'

let stage: Stage
let folder: string
beforeAll(async () => {
  stage = await openStage()
  await bare()
  await must('mkdir /tmp/stand-ins')
  for (const [name, body] of Object.entries(STAND_INS))
    await must(`cat >/tmp/stand-ins/${name} && chmod 755 /tmp/stand-ins/${name}`, `#!/bin/sh\n${body}\n`)
  folder = mkdtempSync(join(tmpdir(), 'deploy-actions-doctor-'))
  writeFileSync(join(folder, 'compose.yaml'), 'services:\n  web: { build: . }\n')
  writeFileSync(join(folder, 'known_hosts'), stage.box.knownHosts)
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await bare()
  await stage.box.restart() // writes Docker's configuration anew
})

/** Without what the script writes outside of the folders that a reset empties. A session of the user's may still be ending. */
async function bare(): Promise<void> {
  await stage.box.killSessions()
  await stage.box.exec(`rm -f ${WRITTEN}; userdel -rf shipper`)
  await stage.box.reset()
}

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
