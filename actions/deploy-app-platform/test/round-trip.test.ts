import { leavesOf } from '@deploy-actions/digitalocean'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { describedFields, fieldsOf } from '../../../lab/digitalocean/described-fields.ts'
import type { Spec } from '../../../lab/digitalocean/take-spec.ts'
import { wholeSpec } from '../../../lab/digitalocean/whole-spec.ts'
import { digest, Ground, NEW } from './ground.ts'

let ground: Ground
beforeEach(async () => {
  ground = await Ground.open({ normalise: false })
})
afterEach(async () => {
  await ground.fake.close()
  expect(ground.fake.violations).toEqual([])
  for (const app of ground.fake.account.apps) expect(app.damage).toEqual([])
})

/** The leaves in which two specs differ. */
function differing(before: Spec, after: Spec): string[] {
  const [old, now] = [leavesOf(before), leavesOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => JSON.stringify(old.get(path)) !== JSON.stringify(now.get(path)))
    .sort()
}

const DIGESTS = ['jobs.migrate.image.digest', 'services.web.image.digest', 'workers.worker.image.digest']

test('every field of the description and unknown ones go through a deploy: only the digests differ', async () => {
  await ground.withApp(wholeSpec())
  const before = structuredClone(ground.app('whole').spec)
  const { code } = await ground.run({ 'app-name': 'whole', images: `web=ghcr.io/acme/shop@${NEW}` })
  expect(code).toBeUndefined()
  expect(differing(before, ground.app('whole').spec)).toEqual(DIGESTS)
})

test('the whole spec as a file over the live one: only the digests differ, and no cipher', async () => {
  await ground.withApp(wholeSpec())
  const before = structuredClone(ground.app('whole').spec)
  // What `doctl apps spec get` writes: the live spec, with its ciphers.
  ground.files['app.yaml'] = stringify(before)
  for (const mode of ['merge', 'replace']) {
    const image = digest(mode === 'merge' ? 'b' : 'c')
    const { code } = await ground.run({
      'app-name': 'whole',
      images: `web=ghcr.io/acme/shop@${image}`,
      spec: 'app.yaml',
      'spec-mode': mode,
    })
    expect(code).toBe('DA-SPEC-UNSET')
    ground.files['app.yaml'] = stringify(before).replaceAll('${not}', () => '$${not}')
    const escaped = await ground.run({ 'app-name': 'whole', images: `web=ghcr.io/acme/shop@${image}`, spec: 'app.yaml', 'spec-mode': mode })
    expect(escaped.code).toBeUndefined()
    expect(differing(before, ground.app('whole').spec)).toEqual(DIGESTS)
    ground.files['app.yaml'] = stringify(before)
  }
})

test('plain secrets in a file are sent once: the second run changes nothing', async () => {
  await ground.withApp(wholeSpec())
  ground.files['app.yaml'] = stringify(wholeSpec()).replaceAll('${not}', () => '$${not}')
  const inputs = { 'app-name': 'whole', spec: 'app.yaml', 'registry-credentials': 'none', 'deploy-on-push': 'allow' }
  const first = await ground.run(inputs)
  expect({ code: first.code, status: first.outputs.status }).toEqual({ code: undefined, status: 'deployed' })
  const before = structuredClone(ground.app('whole').spec)
  const second = await ground.run(inputs)
  expect(second.outputs.status).toBe('unchanged')
  expect(ground.app('whole').spec).toEqual(before)
  expect(first.log + first.summary).not.toContain('secret_one')
})

// Only where a copy of the description is at hand; the suite is whole without it.
const description = process.env.DIGITALOCEAN_OPENAPI
if (description !== undefined)
  test('the whole spec has every field that the description has', () => {
    const own = new Set(fieldsOf(wholeSpec()))
    const sources = /\.(git|github|gitlab|bitbucket)(\.|$)|\.image\.(registry|registry_credentials|tag|digest|deploy_on_push)|\.image$/
    expect(describedFields(description).filter((field) => !own.has(field) && !sources.test(field))).toEqual([])
  })
