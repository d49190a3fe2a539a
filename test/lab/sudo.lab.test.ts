import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Consumer, directory, type Step, type StepOptions } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { sudoSetUp, sudoTakeDown } from '../../lab/scenarios/sudo-user.ts'
import { deployOnce } from './projects.ts'
import { expectRefused } from './refused.ts'
import { leftInTmp } from './watched-host.ts'

// A user who is neither root nor in the group docker, root's env file, and the set-up of the guide as it stands there.
const SECRET = 'of root: s3cret value'
const envFile = '/srv/shop/app.env'
const sudoLog = '/var/log/sudo-lab.log'

let stage: Stage
let consumer: Consumer

beforeAll(async () => {
  stage = await openStage()
  await stage.box.reset()
  await must(`mkdir -p /srv/shop && printf 'APP_TOKEN=${SECRET}\\n' >${envFile} && chmod 600 ${envFile}`)
  consumer = new Consumer(stage, { compose: withEnvFile(sample()), inputs: { 'verify-for': '0s', 'stream-drain-timeout': '1s' } })
})
afterAll(async () => {
  consumer.close()
  await must(`${sudoTakeDown} ${sudoLog}`)
  await stage.box.reset()
})

const sample = () => readFileSync(`${stage.lab.sample}/compose.yaml`, 'utf8')
const withEnvFile = (compose: string) =>
  compose.replace('    environment:\n      GREETING', `    env_file: [${envFile}]\n    environment:\n      GREETING`)

async function must(command: string): Promise<string> {
  const { code, stdout, stderr } = await stage.box.exec(command)
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

const asUser = (user: string, options: StepOptions = {}): StepOptions => ({
  ...options,
  inputs: { host: `${user}@${stage.box.address}`, sudo: 'true', ...options.inputs },
})
const deploy = (tag: string, options: StepOptions = {}): Promise<Step> => consumer.deploy(tag, asUser('nodocker', options))
const served = async (path: string) => (await fetch(`${stage.url}${path}`)).text()

test('refused, and nothing is touched: sudo knows nothing of the user', async () => {
  await expectRefused(stage.box, () => deploy('v1'), {
    code: 'DA-HOST-SUDO',
    says: ['nodocker@', 'sudo: ', '`nodocker ALL=(root) NOPASSWD: /usr/local/sbin/deploy-actions-agent`', 'docs/guide-sudo.md'],
  })
})

test("refused, and nothing is touched: without sudo, an env file of root's", async () => {
  const inputs = { host: `deploy@${stage.box.address}`, directory: '/var/tmp/app' }
  await expectRefused(stage.box, () => deployOnce(stage, { compose: withEnvFile, inputs }), {
    code: 'DA-ENV-UNREADABLE',
    says: [
      `deploy cannot read ${envFile}`,
      'which belongs to root (mode 600)',
      '`sudo: true`',
      `chgrp deploy ${envFile} && chmod g+r ${envFile}`,
    ],
  })
})

test("refused, and nothing is touched: without sudo, a .env of root's in the app's folder", async () => {
  await must('mkdir /var/tmp/app && printf "GREETING=hi\\n" >/var/tmp/app/.env && chmod 600 /var/tmp/app/.env && chown deploy /var/tmp/app')
  const inputs = { host: `deploy@${stage.box.address}`, directory: '/var/tmp/app', 'dry-run': 'true' }
  await expectRefused(stage.box, () => deployOnce(stage, { inputs }), {
    code: 'DA-ENV-UNREADABLE',
    says: ['deploy cannot read /var/tmp/app/.env', 'as root: chgrp deploy /var/tmp/app/.env'],
  })
})

test('after the set-up of the guide the user deploys and goes back, and the app has what root alone can read', async () => {
  await must(`${sudoSetUp()}\nprintf 'Defaults logfile=${sudoLog}\\n' >/etc/sudoers.d/deploy-actions-log`)
  for (const tag of ['v1', 'v2']) expectStatus(await deploy(tag), 'deployed')
  expect(await served('/env?name=APP_TOKEN')).toBe(SECRET)
  expectStatus(await consumer.rollback(asUser('nodocker')), 'rolled-back')
  expect(JSON.parse(await served('/'))).toMatchObject({ version: 'v1' })
  await expectSettled(stage.box)
})

test('the user has nothing else of root: no Docker, no shell, no env file, and not the program', async () => {
  for (const command of [
    'docker ps',
    'sudo -n id',
    `cat ${envFile}`,
    `ls ${directory}/releases`,
    'echo >>/usr/local/sbin/deploy-actions-agent',
  ]) {
    expect({ command, ...(await stage.box.exec(command, { user: 'nodocker' })) }).not.toMatchObject({ code: 0 })
  }
  expect(await must(`find ${directory} -maxdepth 2 -not -user root`)).toBe('')
})

test('sudo was asked for the agent only, and its log has no secret', async () => {
  const log = (await must(`cat ${sudoLog}`)).replace(/\n +/g, ' ')
  const commands = [...log.matchAll(/COMMAND=(.*)/g)].map(([, command = '']) => command)
  expect(commands.filter((command) => !/^\/usr\/local\/sbin\/deploy-actions-agent session /.test(command))).toEqual(['/usr/bin/id'])
  expect(log).not.toContain('s3cret')
})

test('a cancelled run leaves nothing behind', async () => {
  const signalAfter = { text: 'waiting for', signal: 'SIGINT' } as const
  expectStatus(await deploy('v3', { signalAfter }), 'aborted')
  await expectSettled(stage.box)
})

test('a connection that dies is made anew and leaves nothing behind: the agent hears of it through sudo', async () => {
  let cut = false
  const watch = (stdout: string) => {
    if (cut || !stdout.includes('waiting for')) return
    cut = true
    void stage.box.killSessions()
  }
  const step = await deploy('v3', { watch })
  expectStatus(step, 'deployed')
  expect([cut, step.stdout.includes('connecting again')]).toEqual([true, true])
  expect(await leftInTmp(stage.box)).toBe('')
  await expectSettled(stage.box)
  expect(JSON.parse(await served('/'))).toMatchObject({ version: 'v3' })
})
