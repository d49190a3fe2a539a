import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { base64 } from './forms.ts'
import { deployOnce } from './projects.ts'
import { filesWith, leftInTmp, unwatchHost, watchHost } from './watched-host.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  await stage.box.reset({ images: true })
})
afterAll(async () => {
  await unwatchHost(stage.box)
  await stage.box.reset()
})

test('the login of a run whose agent was killed in the middle of the pull is gone after the next run', async () => {
  const { address, username, password } = stage.lab.loginRegistry
  const inputs = {
    images: `web=${stage.lab.privateImage('v1')}\napi=${stage.lab.image('api', 'v1')}`,
    ...{ registry: address, 'registry-username': username, 'registry-password': password },
  }
  const holding = () => filesWith(stage.box, [base64(`${username}:${password}`)], 'root')
  // The pull takes as long as we like.
  await watchHost(stage.box, { beforeDocker: 'case " $* " in *" pull "*) sleep 60 ;; esac' })
  let killed: Promise<string[]> | undefined
  const watch = (stdout: string) => {
    if (stdout.includes('pulling ') && killed === undefined) killed = killAgent(holding)
  }
  const first = await deployOnce(stage, { inputs, watch })
  expect(first.status).toBe('failed')
  expect(await killed).toEqual([expect.stringMatching(/^\/tmp\/deploy-actions\.\w+\/docker\/config\.json$/)])
  await unwatchHost(stage.box)

  const next = await deployOnce(stage, { tag: 'v2' })
  expect(next.status).toBe('deployed')
  expect(await holding()).toEqual([])
  expect(await leftInTmp(stage.box)).toBe('')
})

/** @returns where the login was right before */
async function killAgent(holding: () => Promise<string[]>): Promise<string[]> {
  const { box } = stage
  await box.exec('for try in $(seq 50); do [ ! -e /tmp/deploy-actions.*/docker/config.json ] || break; sleep 0.1; done')
  const where = await holding()
  await box.exec('kill -9 $(cat /tmp/deploy-actions.*/agent)')
  return where
}
