import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { Consumer } from '../../lab/scenarios/consumer.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { deployOnce, whileBroken, withRelease } from './projects.ts'
import { expectRefused } from './refused.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
beforeEach(() => stage.box.reset())
afterAll(() => stage.box.reset())

test('a first release that is refused leaves nothing of itself on the host', async () => {
  const inputs = { switch: 'api:8000' }
  await expectRefused(stage.box, () => deployOnce(stage, { inputs }), { code: 'DA-EDGE-PORT-CLASH', says: ['port 8000'] })
})

test('a container of somebody else has port 80: it is named, and goes on', async () => {
  await stage.box.exec(`docker run -d --name neighbour -p 80:8000 ${stage.lab.image('web', 'v1')}`)
  const says = ['port 80 on', 'taken by the container neighbour', 'name the service in `switch`']
  await expectRefused(stage.box, () => deployOnce(stage), { code: 'DA-HOST-PORT-TAKEN', says })
})

/** sshd takes the time that it takes to read its configuration again. */
const until = (fact: string): string => `timeout 30 sh -c "until ${fact}; do sleep 0.1; done"`

test('a program of the host has port 80: what names it is told', async () => {
  const broken = {
    by: `sed -i '$aPort 22\\nPort 80' /etc/ssh/sshd_config && kill -HUP $(cat /run/sshd.pid); ${until("ss -ltn 'sport = :80' | grep -q :80")}`,
    mend: `sed -i '/^Port /d' /etc/ssh/sshd_config && kill -HUP $(cat /run/sshd.pid); ${until("! ss -ltn 'sport = :80' | grep -q :80")}; ${until("ss -ltn 'sport = :22' | grep -q :22")}`,
  }
  const says = ['port 80 on', 'taken by a program outside of Docker', "`ss -ltnp 'sport = :80'`"]
  await expectRefused(stage.box, () => whileBroken(stage, broken, () => deployOnce(stage)), { code: 'DA-HOST-PORT-TAKEN', says })
})

/** Nothing of a release is there but its history and what was pulled. */
async function expectTakenBack({ box }: Stage): Promise<void> {
  const asked = await box.exec(
    'docker ps -aq; docker volume ls -q; docker network ls -q --filter type=custom; ls /opt/sample/releases /opt/sample/files; ls /tmp',
  )
  expect(`${asked.stdout}${asked.stderr}`.replace(/^\/opt.*:$/gm, '').trim()).toBe('')
  expect((await box.exec('cat /opt/sample/log.jsonl')).stdout).toMatch(/^[^\n]*"event":"aborted"[^\n]*\n$/)
}

test.each([
  [
    'the image of the edge is not there',
    { 'edge-image': '172.31.250.2:5000/caddy:nope' },
    'DA-REGISTRY-NOT-FOUND',
    ['caddy:nope', '`edge-image`'],
    undefined,
  ],
  [
    'the disk of Docker is full in the middle of the pull',
    {},
    'DA-HOST-DISK',
    ["the host's disk is full", '`docker system df`'],
    { by: 'mount -t tmpfs -o size=64k layers /var/lib/docker/tmp', mend: 'umount -l /var/lib/docker/tmp' },
  ],
])('a first release is taken back as a whole: %s', async (_fact, inputs, code, says, broken) => {
  await stage.box.reset({ images: true })
  const deploy = () => deployOnce(stage, { inputs: { ...inputs } })
  const step = await (broken === undefined ? deploy() : whileBroken(stage, broken, deploy))
  expect(step.annotations.filter(({ level }) => level === 'error')).toMatchObject([{ title: code }])
  for (const words of says) expect(step.annotations.at(-1)?.message).toContain(words)
  expect([step.code, step.status]).toEqual([1, 'aborted'])
  await expectTakenBack(stage)
})

test.each([
  ['there is no release', { to: 'previous' }, 'DA-ROLLBACK-NO-TARGET', ['nothing was deployed to /opt/sample yet']],
  [
    '`to` and `env` are no such things',
    { to: 'yesterday', env: 'newest' },
    'DA-INPUT-INVALID',
    ['`previous`, `-1` to `-99`, or a release id', '"yesterday"', 'one of restore, current'],
  ],
])('a rollback is refused on a bare host: %s', async (_fact, inputs, code, says) => {
  const consumer = new Consumer(stage)
  await expectRefused(stage.box, () => consumer.rollback({ inputs: { ...inputs } }), { code, says })
  consumer.close()
})

test('a rollback is refused with one release: there is none before it, none so far back, none of that id', async () => {
  await withRelease(stage)
  const consumer = new Consumer(stage)
  for (const to of ['previous', '-3', '20260131T093000Z-1a2b3c4-123456.1'])
    await expectRefused(stage.box, () => consumer.rollback({ inputs: { to } }), {
      code: 'DA-ROLLBACK-NO-TARGET',
      says: [`no release to go back to for "${to}"`],
    })
  consumer.close()
})
