import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { startS3 } from '../../lab/s3-server.ts'
import { Consumer, type Step } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { testWith } from '../needs-tool.ts'

// A project with data in a volume and no PostgreSQL: the sample's `store`.
let stage: Stage
let consumer: Consumer
beforeAll(async () => {
  stage = await openStage()
  await stage.box.reset()
  consumer = new Consumer(stage, { inputs: { 'verify-for': '0s' } })
  expectStatus(await consumer.deploy('v1'), 'deployed')
})
afterAll(async () => {
  consumer.close()
  await stage.box.reset()
})

const data = '/var/lib/docker/volumes/sample_store-data/_data'
const out = async (command: string) => {
  const { stdout, stderr } = await stage.box.exec(`${command} 2>&1`)
  return `${stdout}${stderr}`.trim()
}
const hand = (words: string) => out(`/opt/sample/bin/release backup ${words}`)
const shown = ({ stdout, stderr }: Step) => `${stdout}${stderr}`
/** Bytes, names, owners, modes, times, links. */
const state = () =>
  out(
    `cd ${data} && find . -type f ! -name lock -exec sha256sum {} + | sort -k2 && find . -mindepth 1 ! -name lock -printf '%p %y %m %U:%G %Ts %l %n\\n' | sort`,
  )
const storeIs = () => out("docker inspect -f '{{.State.Status}}' sample-store-1")
const until = async (what: string, wanted: () => Promise<boolean>) => {
  for (let tries = 0; tries < 100; tries++) {
    if (await wanted()) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`never: ${what}`)
}
const volumes = 'store-data pause=store'
const fill = `mkdir -p 'photos/with space' && head -c 3000000 /dev/urandom >photos/one && ln photos/one photos/hard && ln -s one photos/soft && echo x >'photos/with space/ümlaut' && chown 1234:4321 photos/one 'photos/with space' && chmod 2750 photos && touch -d '2020-02-02 02:02:02.123' photos/one && mkfifo photos/pipe`

testWith('moto_server', 'backup to a store, destroy, restore: the volume is what it was, to the owner and the second', async () => {
  const s3 = await startS3()
  try {
    await out(`cd ${data} && ${fill}`)
    const before = await state()
    const ann = await generateIdentity()
    const made = await consumer.backup({ ...s3.inputs, volumes, 'encrypt-to': await identityToRecipient(ann) })
    expectStatus(made, 'created')
    const id = made.outputs.id as string
    expect((await s3.keys()).filter((key) => key.includes(id))).toEqual(
      ['backup.json', 'volume-store-data.tar.age'].map((name) => `lab/sample/${id}/${name}`),
    )
    expect(await storeIs()).toBe('running')
    const drilled = await consumer.backup({ ...s3.inputs, operation: 'drill', 'age-key': ann })
    expectStatus(drilled, 'drilled')
    expect(shown(drilled)).toContain('were unpacked into others beside')
    await out(`rm -rf ${data}/photos ${data}/id /opt/sample/backups && echo other >${data}/id`)
    const restored = await consumer.backup({ ...s3.inputs, operation: 'restore', id, confirm: 'sample', 'age-key': ann })
    expectStatus(restored, 'restored')
    expect(await state()).toBe(before)
    expect(await storeIs()).toBe('running')
    const beside = /docker volume rm (\S+)/.exec(shown(restored))?.[1] as string
    expect(await out(`cat /var/lib/docker/volumes/${beside}/_data/id`)).toBe('other')
    await out(`docker volume rm ${beside}`)
    expectStatus(await consumer.backup({ ...s3.inputs, operation: 'verify', 'age-key': ann }), 'verified')
    expect(await hand('list')).toMatch(new RegExp(`^${id} +- .* store-data +by the action backup`, 'm'))
    await expectSettled(stage.box)
  } finally {
    await s3.stop()
  }
})

/** A backup that takes a while, killed when the service is paused. @param also what else is killed at that moment */
/** @param first what is killed before the agent, because it would notice that the agent is gone */
async function killedInThePause(first = ':'): Promise<void> {
  await out(`head -c 900000000 /dev/zero >${data}/large`)
  await out(`nohup /opt/sample/bin/release backup create --volume '${volumes}' >/tmp/killed.log 2>&1 </dev/null &`)
  await until('paused', async () => (await storeIs()) === 'paused')
  await out(`${first}; kill -9 $(cat $(sed -n 's/^run=//p' /opt/sample/lock.holder)/agent)`)
}

test('killed in the pause, the service goes on by itself; where its guard was killed too, with the next run, and nothing half is left', async () => {
  await killedInThePause()
  await until('running again', async () => (await storeIs()) === 'running')
  const guard =
    "for one in /proc/[0-9]*; do ! tr '\\0' ' ' <$one/cmdline 2>/dev/null | grep -q 'release [u]npause-guard' || kill -9 ${one#/proc/}; done"
  await killedInThePause(guard)
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect(await storeIs()).toBe('paused')
  expect(await out('/opt/sample/bin/release doctor')).toContain('had paused something, which goes on now')
  expect(await storeIs()).toBe('running')
  await out(`rm ${data}/large`)
  expect(await hand(`create --volume '${volumes}'`)).toMatch(/\d{8}T\d{6}Z$/)
  expect(await out('ls /opt/sample/backups')).not.toContain('.tmp')
  await expectSettled(stage.box)
})

test('a full disk leaves no half backup, and the service runs; a tar that was cut is not restored', async () => {
  const id = /\d{8}T\d{6}Z$/.exec(await hand(`create --volume '${volumes}'`))?.[0] as string
  const before = await state()
  const there = await out('ls /opt/sample/backups')
  await out(
    `head -c 120000000 /dev/urandom >${data}/large; mkdir -p /tmp/lying && printf '#!/bin/sh\\necho F; echo "/dev/x 9 9 99999999 9%% /"\\n' >/tmp/lying/df && chmod 755 /tmp/lying/df`,
  )
  await out(`mv /opt/sample/backups /opt/sample/kept && mkdir /opt/sample/backups && mount -t tmpfs -o size=40m none /opt/sample/backups`)
  try {
    expect(await hand(`create --volume '${volumes}'`)).toContain('DA-HOST-DISK')
    const lied = await out(`PATH=/tmp/lying:$PATH /opt/sample/bin/release backup create --volume '${volumes}'`)
    expect(lied).toContain('DA-HOST-DISK')
    expect([await out('ls -A /opt/sample/backups'), await storeIs()]).toEqual(['', 'running'])
  } finally {
    await out(
      `umount /opt/sample/backups; rmdir /opt/sample/backups; mv /opt/sample/kept /opt/sample/backups; rm -rf /tmp/lying ${data}/large`,
    )
  }
  expect(await out('ls /opt/sample/backups')).toBe(there)
  const tar = `/opt/sample/backups/${id}/volume-store-data.tar`
  await out(`truncate -s -600000 ${tar}`)
  expect(await hand(`restore ${id} --confirm sample`)).toContain('DA-BACKUP-BROKEN')
  expect([await state(), await out('docker volume ls -q | grep -c until_')]).toEqual([before, '0'])
})

/** A box is a container without systemd: these only know the words, and what they were told is looked at. What the units do is played by hand. */
const SYSTEMD =
  'printf \'#!/bin/sh\\necho "$0 $*" >>/tmp/systemd.calls\\n\' >/usr/local/bin/systemctl; cp /usr/local/bin/systemctl /usr/local/bin/systemd-analyze; chmod 755 /usr/local/bin/system*'

test('scheduled on the host: what the unit calls makes a backup with volumes and prunes; overdue is told by plan and doctor', async () => {
  await out(`${SYSTEMD}; mkdir -p /etc/systemd/system; rm -rf /opt/sample/backups`)
  try {
    const scheduled = await consumer.backup({ operation: 'schedule', volumes, retention: '1,0,0' })
    expectStatus(scheduled, 'scheduled')
    expect(await out('cat /tmp/systemd.calls')).toContain('systemctl enable --now deploy-actions-backup-sample.timer')
    const command = await out("sed -n 's/^ExecStart=//p' /etc/systemd/system/deploy-actions-backup-sample.service")
    const id = /^\d{8}T\d{6}Z$/m.exec(await out(command))?.[0] as string
    expect(await hand('list')).toMatch(new RegExp(`^${id} +- .* store-data +by the timer`, 'm'))
    expect(await out('/opt/sample/bin/release doctor')).toContain('ok      the timer of backups waits')
    await out(`cd /opt/sample/backups && mv ${id} 20260101T000000Z && sed -i s/${id}/20260101T000000Z/ 20260101T000000Z/manifest.json`)
    const doctor = await out('/opt/sample/bin/release doctor')
    expect(doctor).toMatch(/WRONG {3}the last backup is \d+ hours old, and 26 are allowed/)
    expect(await out('/opt/sample/bin/release status')).toMatch(/^backup +the last one is \d+ hours old/m)
    expect(shown(await consumer.deploy('v2', { inputs: { 'dry-run': 'true' } }))).toMatch(
      /the last backup is \d+ hours old, and 26 are allowed/,
    )
    expectStatus(await consumer.backup({ operation: 'unschedule' }), 'unscheduled')
    expect(await out('ls /etc/systemd/system | grep -c deploy-actions')).toBe('0')
  } finally {
    await out('rm -f /usr/local/bin/systemctl /usr/local/bin/systemd-analyze /tmp/systemd.calls /etc/systemd/system/deploy-actions-*')
  }
})
