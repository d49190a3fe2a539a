import { parseBuildRecord } from '@deploy-actions/release'
import { blockOf, FakeHost } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { build, DAY, NEW, OLD, Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.github.close())

const EVIL = 'e'.repeat(40)
const STAGED = `20260131T093000Z-${NEW.slice(0, 7)}-77.1`

test('the plan shows images, commits, migrations and names of variables before anybody approves', async () => {
  const { verdict, outputs } = await stage.promote()
  expect({ verdict, outputs }).toMatchObject({
    verdict: 'ok',
    outputs: { status: 'planned', build: '', commit: NEW, 'release-id': STAGED },
  })
  const { summary } = stage.runner
  expect(summary).toMatch(/To be approved — staging → production/)
  expect(summary).toMatch(/web \| `aaaaaaaaaaaa` \| `bbbbbbbbbbbb`/)
  expect(summary).toMatch(/\*\*1 commits\*\*[\s\S]*New prices \(ann\)/)
  expect(summary).toMatch(/Migrations[\s\S]*app\/migrations\/0002_price\.py/)
  expect(summary).toMatch(/that only staging has: `PRICE_API`/)
  expect(summary).toMatch(/that only production has: `LEGACY`/)
  expect(summary).toMatch(/✅ Smoke test passed: 12 checks/)
  expect(summary).toMatch(/✋ by hand/)
})

test('what a plan hands on holds no input but the two environments', async () => {
  const { outputs } = await stage.promote()
  expect(Object.keys(JSON.parse(outputs.promotion as string))).toEqual([
    'schema',
    'from',
    'to',
    'deployment',
    'release',
    'replaces',
    'sha256',
  ])
  expect(JSON.stringify(outputs)).not.toContain('ghs_fake')
})

test('a plan writes nothing', async () => {
  const before = stage.github.asked.length
  await stage.promote()
  expect(stage.github.asked.slice(before).filter((one) => !one.startsWith('GET '))).toEqual([])
})

test('behind the gate the same digests are handed to the deploy, with where they come from', async () => {
  const { outputs: plan } = await stage.promote()
  const { outputs, verdict } = await stage.promote({ phase: 'apply', promotion: plan.promotion as string }, 'bob')
  expect({ verdict, status: outputs.status }).toEqual({ verdict: 'ok', status: 'approved' })
  const { promoted, ...handed } = parseBuildRecord(outputs.build as string)
  expect(handed).toEqual(build(NEW))
  expect(promoted).toEqual({ from: 'staging', deployment: 1001, release: STAGED, by: 'bob' })
})

test('where production runs the very same there is nothing to approve', async () => {
  await stage.deployed('production', NEW, '78')
  expect((await stage.promote()).outputs.status).toBe('unchanged')
})

test('what never passed a smoke test is refused', async () => {
  await stage.deployed('staging', NEW, '77')
  const { codes, verdict, outputs } = await stage.promote()
  expect({ codes, verdict, status: outputs.status }).toEqual({ codes: ['DA-PROMOTE-NOT-PASSED'], verdict: 'failed', status: 'refused' })
  expect((await stage.promote({ passed: 'deploy' })).codes).toEqual([])
})

test('a release whose newest smoke test failed is refused, also when an older one passed', async () => {
  await stage.recorder('staging', '77').verdict({ release: STAGED, passed: false, words: 'unhealthy' })
  const { codes, result } = await stage.promote()
  expect(codes).toEqual(['DA-PROMOTE-NOT-PASSED'])
  expect(result.doubts[0]?.message).toContain('failure: Smoke test failed: unhealthy')
})

test('where two apps share the environments, the records of the one that is named count', async () => {
  await stage.deployed('staging', OLD, '79', { app: 'blog' })
  expect((await stage.promote()).result.from.payload.app).toBe('blog')
  const { result } = await stage.promote({ app: 'shop' })
  expect([result.from.payload.release, result.from.payload.app, result.to?.payload.app]).toEqual([STAGED, 'shop', 'shop'])
  await expect(stage.promote({ app: 'wiki' })).rejects.toThrow('no release of the app wiki in staging is recorded at GitHub')
})

test('where production calls the app otherwise, that has to be said: else nobody would see that an older build goes over a newer one', async () => {
  await stage.deployed('staging', OLD, '79', { app: 'shop-staging', smoke: true })
  await stage.deployed('production', NEW, '78')
  await expect(stage.promote({ app: 'shop-staging' })).rejects.toMatchObject({
    code: 'DA-PROMOTE-APP',
    hint: expect.stringContaining('to-app: shop'),
  })
  expect((await stage.promote({ app: 'shop-staging', 'to-app': 'shop' })).codes).toContain('DA-PROMOTE-OLDER')
  expect((await stage.promote({ app: 'shop-staging', 'to-app': 'shop-staging' })).result.to).toBeUndefined()
})

test('a deploy that was taken back is passed over: staging still runs the release before it', async () => {
  await stage.deployed('staging', OLD, '79', { serves: false })
  const { result, codes } = await stage.promote()
  expect({ release: result.from.payload.release, codes }).toEqual({ release: STAGED, codes: [] })
})

test('a deploy whose end nobody saw counts as what runs: nothing older than it comes to production, and it has not passed staging', async () => {
  await stage.deployed('staging', NEW, '77', { serves: false, unsettled: true })
  expect((await stage.promote()).codes).toEqual(['DA-PROMOTE-NOT-PASSED'])
  await stage.deployed('staging', OLD, '70', { smoke: true })
  await stage.deployed('production', NEW, '77', { serves: false, unsettled: true })
  expect((await stage.promote()).codes).toEqual(['DA-PROMOTE-OLDER'])
})

test('a release that passed long ago is refused', async () => {
  await stage.clock.sleep(15 * DAY)
  expect((await stage.promote()).codes).toEqual(['DA-PROMOTE-STALE'])
  expect((await stage.promote({ 'max-age': '0s' })).codes).toEqual([])
})

test('a run that is started again after it wrote the record can be promoted', async () => {
  const { outputs: plan } = await stage.promote()
  stage.github.now += 3_600_000
  stage.github.rerun('77')
  const { codes, outputs } = await stage.promote({ phase: 'apply', promotion: plan.promotion as string })
  expect({ codes, status: outputs.status }).toEqual({ codes: [], status: 'approved' })
  stage.github.addRun('77', { head_sha: NEW })
  expect((await stage.promote()).result.doubts[0]?.message).toMatch(/older than the workflow run 77/)
})

test('a staging that moved on after the plan is refused behind the gate', async () => {
  const { outputs: plan } = await stage.promote()
  stage.github.push('main', { sha: 'c'.repeat(40) })
  stage.github.addRun('80', { head_sha: 'c'.repeat(40) })
  await stage.deployed('staging', 'c'.repeat(40), '80', { smoke: true })
  const { codes, result } = await stage.promote({ phase: 'apply', promotion: plan.promotion as string })
  expect(codes).toEqual(['DA-PROMOTE-MOVED-ON'])
  expect(result.doubts[0]?.message).toContain(`and ${STAGED} was shown`)
})

test('a production that got another release after the plan is refused behind the gate', async () => {
  const { outputs: plan } = await stage.promote()
  await stage.deployed('production', OLD, '81')
  expect((await stage.promote({ phase: 'apply', promotion: plan.promotion as string })).codes).toEqual(['DA-PROMOTE-MOVED-ON'])
})

test('a record whose digest was exchanged after the plan is refused behind the gate', async () => {
  const { outputs: plan } = await stage.promote()
  const record = stage.github.deployments[1] as { payload: unknown }
  record.payload = { ...(record.payload as object), build: build(NEW, 'f') }
  const { codes, result } = await stage.promote({ phase: 'apply', promotion: plan.promotion as string })
  expect(codes).toEqual(['DA-PROMOTE-MOVED-ON'])
  expect(result.doubts[0]?.message).toContain('is another one than was shown')
})

test.each<[string, (stage: Stage) => unknown, RegExp]>([
  [
    'by a person',
    async (one) => {
      one.github.tokens.set('ghp_mallory', 'mallory')
      await one.deployed('staging', NEW, '77', { token: 'ghp_mallory', smoke: true })
    },
    /mallory wrote it/,
  ],
  [
    'whose verdict a person wrote',
    async (one) => {
      one.github.tokens.set('ghp_mallory', 'mallory')
      await one.deployed('staging', NEW, '77')
      await one.recorder('staging', '77', 'ghp_mallory').verdict({ release: undefined, passed: true, words: '1 check' })
    },
    /mallory wrote it/,
  ],
  ['of a run that there never was', (one) => one.deployed('staging', NEW, '666', { smoke: true }), /there is no workflow run 666/],
  ['of a build of another commit', (one) => one.deployed('staging', NEW, '77', { build: build(OLD), smoke: true }), /its build of aaaaaaa/],
  [
    'of a run for a pull request from a fork',
    (one) => one.github.addRun('77', { event: 'pull_request_target', head_repository: { full_name: 'mallory/shop' } }),
    /is of the code of mallory\/shop/,
  ],
  [
    'that says another digest than its build',
    (one) => one.deployed('staging', NEW, '77', { images: { web: `ghcr.io/acme/web@sha256:${'e'.repeat(64)}` }, smoke: true }),
    /service web runs sha256:eeee/,
  ],
  [
    'whose build names the run of another commit',
    (one) => one.deployed('staging', NEW, '77', { build: build(NEW, 'b', '70'), smoke: true }),
    /workflow run 70 of aaaaaaa/,
  ],
  ...['push', 'workflow_dispatch'].map((event): [string, (stage: Stage) => unknown, RegExp] => [
    `of a ${event} on a branch with the commit of main`,
    (one) => {
      one.github.push('evil', { sha: NEW }, { sha: EVIL })
      one.github.addRun('90', { head_sha: EVIL, event })
      return one.deployed('staging', NEW, '90', { build: build(NEW, 'f', '90'), smoke: true })
    },
    /it is of bbbbbbb, and workflow run 90 is of eeeeeee, which is not merged/,
  ]),
  [
    'of a run on a branch with the run of a good build',
    (one) => {
      one.github.push('evil', { sha: NEW }, { sha: EVIL })
      one.github.addRun('90', { head_sha: EVIL })
      return one.deployed('staging', NEW, '90', { build: build(NEW, 'f', '77'), smoke: true })
    },
    /workflow run 90 is of eeeeeee/,
  ],
  [
    'of a push of another commit, also on main',
    (one) => one.deployed('staging', NEW, '70', { build: build(NEW, 'b', '70'), smoke: true }),
    /its build is of bbbbbbb, workflow run 70 of aaaaaaa/,
  ],
])('a record %s is refused, also by force', async (_, forge, why) => {
  await forge(stage)
  const { codes, result } = await stage.promote({ force: 'true', reason: 'in a hurry' })
  expect(codes).toEqual(['DA-PROMOTE-FORGED'])
  expect(result.doubts[0]?.message).toMatch(why)
})

test('a record by another workflow than those that may deploy there is refused', async () => {
  expect((await stage.promote({ workflows: '.github/workflows/deploy.yml' })).codes).toEqual([])
  expect((await stage.promote({ workflows: '.github/workflows/release.yml' })).codes).toEqual(['DA-PROMOTE-FORGED'])
})

test('a run that was started by hand on main may deploy an older commit', async () => {
  stage.github.push('main', { sha: 'c'.repeat(40) })
  stage.github.addRun('91', { head_sha: 'c'.repeat(40), event: 'workflow_dispatch' })
  await stage.deployed('staging', NEW, '91', { build: build(NEW, 'b', '91'), smoke: true })
  expect((await stage.promote()).codes).toEqual([])
})

test('a run on main may deploy a hotfix of another branch', async () => {
  const fix = 'd'.repeat(40)
  stage.github.push('hotfix/prices', { sha: OLD }, { sha: fix })
  stage.github.addRun('92', { head_sha: NEW, event: 'workflow_dispatch' })
  await stage.deployed('staging', fix, '92', { build: build(fix, 'd', '92'), smoke: true })
  expect((await stage.promote({ branch: 'hotfix/prices' })).codes).toEqual([])
})

test('a commit that is not on the branch is refused; a hotfix names its branch', async () => {
  const fix = 'd'.repeat(40)
  stage.github.push('hotfix/prices', { sha: OLD }, { sha: fix })
  stage.github.addRun('82', { head_sha: fix })
  await stage.deployed('staging', fix, '82', { smoke: true })
  expect((await stage.promote()).codes).toEqual(['DA-PROMOTE-COMMIT'])
  expect((await stage.promote({ branch: 'hotfix/prices' })).codes).toEqual([])
})

test('a commit with the very files that staging runs counts as the same', async () => {
  const merge = 'e'.repeat(40)
  stage.github.push('main', { sha: merge, tree: `tree of ${NEW}` })
  expect((await stage.promote({ commit: merge })).codes).toEqual([])
  expect((await stage.promote({ commit: OLD })).codes).toEqual(['DA-PROMOTE-OTHER-COMMIT'])
})

test('an older build over a newer one is refused, unless that is meant', async () => {
  await stage.deployed('production', NEW, '83')
  await stage.deployed('staging', OLD, '70', { smoke: true })
  expect((await stage.promote()).codes).toEqual(['DA-PROMOTE-OLDER'])
  expect((await stage.promote({ 'allow-older': 'true' })).codes).toEqual([])
})

test('an image that the registry does not have any more is refused, also by force', async () => {
  stage.gone.push(`sha256:${'b'.repeat(64)}`)
  expect((await stage.promote({ force: 'true', reason: 'now' })).codes).toEqual(['DA-PROMOTE-IMAGE-GONE'])
})

test('of variants production gets its own, which the reviewer is told, and the registry is asked for that one', async () => {
  const { web } = build(NEW).images
  const variants = (letters: Readonly<Record<string, string>>) => {
    const made = Object.entries(letters).map(([variant, letter]) => [
      `web.${variant}`,
      { ...(web as object), digest: `sha256:${letter.repeat(64)}`, variant },
    ])
    return { ...build(NEW), images: Object.fromEntries(made) }
  }
  await stage.deployed('staging', NEW, '77', { build: variants({ staging: 'c', production: 'd' }), smoke: true })
  stage.gone.push(`sha256:${'c'.repeat(64)}`)
  const { codes, outputs } = await stage.promote()
  expect({ codes, status: outputs.status }).toEqual({ codes: [], status: 'planned' })
  expect(stage.runner.summary).toMatch(/web, variant production \| {2}\| `dddddddddddd`/)
  expect(stage.runner.summary).toMatch(/staging has run its own/)
  const { outputs: approved } = await stage.promote({ phase: 'apply', promotion: outputs.promotion as string })
  expect(Object.keys(parseBuildRecord(approved.build as string).images)).toEqual(['web.staging', 'web.production'])
  const { outputs: another } = await stage.promote({ phase: 'apply', promotion: outputs.promotion as string, variant: 'staging' })
  expect(another.status).toBe('refused')
  const wrong = { web: `ghcr.io/acme/web@sha256:${'c'.repeat(64)}` }
  await stage.deployed('production', NEW, '78', { build: variants({ staging: 'c', production: 'd' }), images: wrong })
  expect((await stage.promote()).outputs.status).toBe('planned')
  stage.gone.push(`sha256:${'d'.repeat(64)}`)
  expect((await stage.promote()).codes).toEqual(['DA-PROMOTE-IMAGE-GONE'])
  await expect(stage.promote({ variant: 'demo' })).rejects.toMatchObject({ code: 'DA-BUILD-VARIANT' })
})

test('what is forced says why, in the summary and in the record that production gets', async () => {
  await stage.deployed('staging', NEW, '77')
  const forced = { force: 'true', reason: 'the card terminal is down' }
  const { outputs: plan } = await stage.promote(forced)
  const { outputs, codes } = await stage.promote({ ...forced, phase: 'apply', promotion: plan.promotion as string })
  expect({ status: outputs.status, codes }).toEqual({ status: 'approved', codes: [] })
  expect(parseBuildRecord(outputs.build as string).promoted?.forced).toBe('DA-PROMOTE-NOT-PASSED: the card terminal is down')
  expect(stage.runner.summary).toMatch(/\*\*Forced\*\*, because: the card terminal is down/)
})

test('without reviewers a typed code stands for what was shown, and for nothing else', async () => {
  const { outputs: plan } = await stage.promote()
  expect((await stage.promote({ phase: 'apply', confirm: plan.code as string })).codes).toEqual([])
  for (const wrong of ['', 'yes', '00000000'])
    expect((await stage.promote({ phase: 'apply', confirm: wrong })).codes).toEqual(['DA-PROMOTE-CONFIRM'])
  await stage.deployed('staging', NEW, '77', { smoke: true })
  expect((await stage.promote({ phase: 'apply', confirm: plan.code as string })).codes).toEqual(['DA-PROMOTE-CONFIRM'])
})

test('without reviewers only named people and teams may start it', async () => {
  const { promotion = '' } = (await stage.promote()).outputs
  stage.github.teams.set('acme/releases', ['eve'])
  const as = async (actor: string) => (await stage.promote({ phase: 'apply', promotion, approvers: 'ann acme/releases' }, actor)).codes
  expect([await as('Ann'), await as('eve'), await as('mallory')]).toEqual([[], [], ['DA-PROMOTE-APPROVER']])
})

test('a staging without records, or without a build record, says what is missing', async () => {
  await expect(stage.promote({ from: 'testing' })).rejects.toMatchObject({ code: 'DA-PROMOTE-NOTHING' })
  const newest = stage.github.deployments.at(-1) as { payload: Record<string, unknown> }
  newest.payload = { ...newest.payload, build: undefined }
  await expect(stage.promote()).rejects.toMatchObject({ code: 'DA-PROMOTE-NO-BUILD' })
})

test('the record that GitHub writes by itself for a job is passed over', async () => {
  stage.github.deployments.push({ ...(stage.github.deployments[1] as never as object), id: 2_000, payload: '', statuses: [] } as never)
  expect((await stage.promote()).result.from.id).toBe(1001)
})

test('a hundred and more of those hide neither what staging nor what production runs', async () => {
  await stage.deployed('production', NEW, '83')
  await stage.deployed('staging', OLD, '70', { smoke: true })
  for (const environment of ['staging', 'production'])
    for (let at = 0; at < 120; at++)
      stage.github.deployments.push({
        ...(stage.github.deployments[1] as object),
        environment,
        id: 2_000 + at,
        payload: '',
        statuses: [],
      } as never)
  expect((await stage.promote()).codes).toEqual(['DA-PROMOTE-OLDER'])
})

test('everything that speaks against it is told at once', async () => {
  await stage.deployed('staging', OLD, '666')
  stage.gone.push(`sha256:${'a'.repeat(64)}`)
  const { codes } = await stage.promote({ commit: NEW })
  expect(codes).toEqual(['DA-PROMOTE-FORGED', 'DA-PROMOTE-NOT-PASSED', 'DA-PROMOTE-OTHER-COMMIT', 'DA-PROMOTE-IMAGE-GONE'])
  expect(stage.log.text('error')).toMatch(/4 things speak against this promotion/)
})

test('hosts of staging that are asked have to run it, with these digests, and nothing happens there', async () => {
  const hostWith = (live: string, digest: string) => {
    const images = { web: `ghcr.io/acme/web@sha256:${digest.repeat(64)}`, db: 'postgres:16' }
    return new FakeHost('staging.example.com', { live, answers: { record: blockOf('record', [JSON.stringify({ images })]) } })
  }
  const asked = async (host: FakeHost) =>
    (await stage.promote({}, 'ann', [host.place])).result.doubts.map(({ code, message }) => `${code} ${message}`)
  const right = hostWith(STAGED, 'b')
  expect(await asked(right)).toEqual([])
  expect(right.heard).toEqual(['(session)', 'record', 'quit'])
  expect(right.remotes[0]?.ran[0]).toContain('session plan /opt/shop')
  expect(await asked(hostWith('20260130T093000Z-aaaaaaa-70.1', 'a'))).toEqual([
    expect.stringMatching(/^DA-PROMOTE-NOT-RUNNING .*runs 20260130T093000Z-aaaaaaa-70\.1/),
  ])
  expect(await asked(hostWith(STAGED, 'e'))).toEqual([expect.stringMatching(/^DA-PROMOTE-NOT-RUNNING .*service web runs sha256:eeee/)])
})
