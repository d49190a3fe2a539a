import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { directory } from '../../lab/scenarios/consumer.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { deployOnce, servedVersion, type Variant, whileBroken, withRelease } from './projects.ts'
import { expectRefused } from './refused.ts'

// The host is not as it must be. A release is live meanwhile, and stays so.
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  await withRelease(stage)
})
afterAll(async () => {
  expect(await servedVersion(stage)).toBe('v1')
  await stage.box.reset()
})

const moved = (file: string) => ({ by: `mv ${file} /var/away`, mend: `mv /var/away ${file}` })
const plugin = '/usr/local/lib/docker/cli-plugins/docker-compose'
/** Says about itself what Docker asks of a plugin, and else only its version. */
const oldCompose = `#!/bin/sh
case "$*" in
  *metadata*) echo '{"SchemaVersion":"0.1.0","Vendor":"lab","Version":"v2.10.0","ShortDescription":"old"}' ;;
  *) echo 2.10.0 ;;
esac
`
/** A disk of its own for the apps, with what is there. */
const smallDisk = (megabytes: number) => ({
  by: `mkdir /var/apps && cp -a /opt/. /var/apps && mount -t tmpfs -o size=${megabytes}m apps /opt && cp -a /var/apps/. /opt && rm -r /var/apps`,
  mend: 'umount /opt',
})

type Case = [fact: string, code: string, says: (string | RegExp)[], broken: { by: string; mend: string }]

const cases: Case[] = [
  [
    'the host has no Docker',
    'DA-HOST-DOCKER-MISSING',
    ['has no Docker', 'https://docs.docker.com/engine/install/'],
    moved('/usr/bin/docker'),
  ],
  [
    'the host has no Compose',
    'DA-HOST-COMPOSE-OLD',
    ['has no Compose plugin', 'Install docker-compose-plugin 2.20 or newer'],
    moved(plugin),
  ],
  [
    'the Compose of the host is too old',
    'DA-HOST-COMPOSE-OLD',
    ['has Compose 2.10.0; 2.20 or newer is needed', 'Upgrade'],
    {
      by: `mv ${plugin} /var/away && cat >${plugin} <<'END'\n${oldCompose}END\nchmod 755 ${plugin}`,
      mend: `mv /var/away ${plugin}`,
    },
  ],
  [
    'the Docker daemon is down',
    'DA-HOST-DOCKER-PERMISSION',
    ['does not answer', 'Is the docker daemon running?', '`systemctl start docker`'],
    {
      by: 'touch /run/hold-docker; pid=$(cat /run/docker.pid); kill -9 "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done',
      mend: 'rm /run/hold-docker; until docker version >/dev/null 2>&1; do sleep 0.1; done',
    },
  ],
  ['the host has no flock', 'DA-HOST-FLOCK', ['flock is missing', 'Install util-linux'], moved('/usr/bin/flock')],
  ['the disk of the apps is nearly full', 'DA-HOST-DISK', [/has \d+ MB free in \/opt; 50 MB are needed/, '`df -h`'], smallDisk(30)],
  [
    'the disk for temporary files is full',
    'DA-HOST-TEMP',
    ['cannot', '`df -h /tmp; ls -ld /tmp`'],
    {
      by: 'mount -t tmpfs -o size=16k,mode=1777 temporary /tmp; head -c 16k /dev/zero >/tmp/full; mv /opt/sample/bin/release /var/away',
      mend: 'umount -l /tmp && mv /var/away /opt/sample/bin/release',
    },
  ],
  [
    'the disk for temporary files is read-only',
    'DA-HOST-TEMP',
    ['cannot', '`df -h /tmp; ls -ld /tmp`'],
    {
      by: 'mount -t tmpfs -o ro temporary /tmp',
      mend: 'umount -l /tmp',
    },
  ],
  [
    'the host does not know the key',
    'DA-SSH-AUTH',
    ['refused the key ssh-ed25519 SHA256:', '~root/.ssh/authorized_keys'],
    moved('/root/.ssh/authorized_keys'),
  ],
]

test.each(cases)('refused, and nothing is touched: %s', async (_fact, code, says, broken) => {
  await expectRefused(stage.box, () => whileBroken(stage, broken, () => deployOnce(stage)), { code, says })
})

const users: [fact: string, code: string, says: string[], variant: () => Variant][] = [
  [
    'the user may not use Docker',
    'DA-HOST-DOCKER-PERMISSION',
    ['nodocker may not use Docker', 'permission denied', '`usermod -aG docker nodocker`'],
    () => ({ inputs: { host: `nodocker@${stage.box.address}`, directory: '/var/tmp/app' } }),
  ],
  [
    'the user cannot create the folder of the app',
    'DA-HOST-DIRECTORY',
    ['deploy cannot create /opt/other (Permission denied)', 'chown deploy /opt/other'],
    () => ({ inputs: { host: `deploy@${stage.box.address}`, directory: '/opt/other' } }),
  ],
  [
    'the folder of the app belongs to somebody else',
    'DA-HOST-DIRECTORY',
    [`deploy cannot write in ${directory}`, `chown -R deploy ${directory}`],
    () => ({ inputs: { host: `deploy@${stage.box.address}` } }),
  ],
]

test.each(users)('refused, and nothing is touched: %s', async (_fact, code, says, variant) => {
  await expectRefused(stage.box, () => deployOnce(stage, variant()), { code, says })
})

test('refused, and nothing is touched: the account starts no commands', async () => {
  const broken = { by: 'usermod -s /usr/sbin/nologin deploy', mend: 'usermod -s /bin/bash deploy' }
  const inputs = { host: `deploy@${stage.box.address}` }
  await expectRefused(stage.box, () => whileBroken(stage, broken, () => deployOnce(stage, { inputs })), {
    code: 'DA-SSH-EXEC',
    says: ['This account is currently not available', 'Give it a plain shell'],
  })
})
