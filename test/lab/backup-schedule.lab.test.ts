import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { prefix } from '../../lab/boxes.ts'
import type { Consumer, Step } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { docker } from '../../lab/shell.ts'
import { deployRows, type RowsProject } from './rows-project.ts'

// On a host with systemd: what the timer does by itself.
let stage: Stage
let consumer: Consumer
let sql: RowsProject['sql']

beforeAll(async () => {
  stage = await openStage({ box: 'systemd' })
  ;({ consumer, sql } = await deployRows(stage, { boots: 15 }))
  await sql(
    'create table notes (id serial primary key, text text); insert into notes (text) select md5(i::text) from generate_series(1, 100000) i',
  )
})
afterAll(async () => {
  consumer.close()
  await stage.box.reset()
})
beforeEach(async () => {
  await out('/opt/sample/bin/release backup unschedule; rm -rf /opt/sample/backups')
})

const UNIT = 'deploy-actions-backup-sample'
const out = async (command: string) => {
  const { stdout, stderr } = await stage.box.exec(`{ ${command}; } 2>&1`)
  return `${stdout}${stderr}`.trim()
}
const hand = (words: string) => out(`/opt/sample/bin/release backup ${words}`)
const shown = ({ stdout, stderr }: Step) => `${stdout}${stderr}`
const journal = () => out(`journalctl -u ${UNIT} --no-pager -o cat`)
const timers = () => out("systemctl list-timers --all --no-pager 'deploy-actions*'")
const made = async () => [...(await hand('list')).matchAll(/^(\d{8}T\d{6}Z) .*by the timer/gm)].map((match) => match[1] as string)

/** Longer than a minute, which is how often a timer fires here. */
async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error(`never: ${what}\n${await timers()}\n${await journal()}`)
}

test('the timer makes a verified backup by itself, again and again, prunes, and tells the journal; unscheduled, it is gone', async () => {
  const scheduled = await consumer.backup({ operation: 'schedule', calendar: '*-*-* *:*:00', retention: '1,0,0' })
  expectStatus(scheduled, 'scheduled')
  expect(shown(scheduled)).toContain(`${UNIT}.timer makes a backup at *-*-* *:*:00 (next: `)
  expect(await timers()).toContain(`${UNIT}.timer`)
  expect(await out(`systemctl is-enabled ${UNIT}.timer; systemd-analyze verify ${UNIT}.timer ${UNIT}.service`)).toBe('enabled')

  const first = await until('a first backup', async () => (await made())[0])
  expect(await hand(`verify ${first}`)).toContain(`${first} is as it was made`)
  expect(await journal()).toContain(first)
  expect(await out(`systemctl show -p Result --value ${UNIT}.service`)).toBe('success')
  expect(await out('/opt/sample/bin/release doctor')).toContain('ok      the timer of backups waits')
  // One a day is kept: the next one takes the place of the first.
  await until('a second backup, and the first pruned', async () => {
    const ids = await made()
    return ids.length === 1 && ids[0] !== first
  })
  await expectSettled(stage.box)

  expectStatus(await consumer.backup({ operation: 'unschedule' }), 'unscheduled')
  expect(await timers()).toContain('0 timers listed')
  expect(await out(`systemctl cat ${UNIT}.timer`)).toContain('No files found')
})

test('a night on which the host was off is made up for when it is on again', async () => {
  // At the next full minute for which there is still time to switch it off.
  const at = Number(await out('date +%s')) + 20
  const minute = new Date(Math.ceil(at / 60) * 60_000)
  expectStatus(await consumer.backup({ operation: 'schedule', calendar: `*-*-* ${minute.toISOString().slice(11, 19)}` }), 'scheduled')
  const container = `${prefix}-${stage.box.name}`
  await docker(['stop', '-t', '30', container])
  await new Promise((resolve) => setTimeout(resolve, minute.getTime() + 2000 - Date.now()))
  await docker(['start', container])
  await stage.box.ready()
  // The database is not there yet when the timer is.
  const id = await until('the backup of the missed night', async () => (await made())[0])
  expect(await hand(`verify ${id}`)).toContain(`${id} is as it was made`)
  expect(await out(`systemctl show -p Result --value ${UNIT}.service`)).toBe('success')
})

test('what fails at night is in the journal and makes the unit red, and a backup of before stays', async () => {
  expectStatus(await consumer.backup({ operation: 'schedule' }), 'scheduled')
  await out(`systemctl start ${UNIT}`)
  const [good] = await made()
  expect(await hand(`verify ${good}`)).toContain(`${good} is as it was made`)
  await out('docker stop sample-db-1')
  try {
    expect(await out(`systemctl start ${UNIT}`)).toContain('failed')
    expect(await out(`systemctl is-failed ${UNIT}`)).toBe('failed')
    expect(await journal()).toMatch(/DA-BACKUP-/)
    expect(await made()).toEqual([good])
  } finally {
    await out('systemctl reset-failed; docker start sample-db-1; until docker exec sample-db-1 pg_isready -h 127.0.0.1; do sleep 1; done')
  }
})

test('what uninstalls the app takes its timer away', async () => {
  expectStatus(await consumer.backup({ operation: 'schedule' }), 'scheduled')
  expect(await timers()).toContain(`${UNIT}.timer`)
  const said = await out('/opt/sample/bin/release uninstall')
  expect(await timers()).toContain('0 timers listed')
  expect(said).not.toContain('DA-')
  expect(await out(`ls /etc/systemd/system /etc/systemd/system/timers.target.wants | grep -c ${UNIT}`)).toBe('0')
})
