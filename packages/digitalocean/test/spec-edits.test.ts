import { type ImagesRequest, type JsonObject, setImages, setMigration } from '@deploy-actions/digitalocean'
import { parseBuildRecord, parseSuppliedImages, suppliedByBuild } from '@deploy-actions/release'
import { expect, test } from '@jest/globals'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const set = (spec: JsonObject, lines: string[], more: Partial<ImagesRequest> = {}) =>
  setImages(spec, { supplied: parseSuppliedImages(lines), credentials: undefined, deployOnPush: 'refuse', ...more })
const docr = (more: JsonObject = {}): JsonObject => ({ registry_type: 'DOCR', repository: 'shop', ...more })
const ghcr = (more: JsonObject = {}): JsonObject => ({ registry_type: 'GHCR', registry: 'acme', repository: 'shop', ...more })

test('the digest goes to all that share the repository, and the tag goes', () => {
  const spec = {
    services: [{ name: 'web', image: docr({ tag: 'v1' }) }],
    workers: [{ name: 'worker', image: docr({ tag: 'v1' }) }],
    jobs: [
      { name: 'migrate', image: docr() },
      { name: 'other', image: docr({ repository: 'other', tag: '1' }) },
    ],
  }
  const { assigned } = set(spec, [`web=registry.digitalocean.com/acme/shop@${digest('b')}`])
  expect(assigned.map(({ component }) => component)).toEqual(['web', 'worker', 'migrate'])
  expect(spec.workers[0]?.image).toEqual(docr({ digest: digest('b') }))
  expect(spec.jobs[1]?.image).toEqual(docr({ repository: 'other', tag: '1' }))
})

test('images of a build find their components by repository; those that none uses are told', () => {
  const image = (ref: string, letter: string) => ({ ref, digest: digest(letter), platforms: ['linux/amd64'] })
  const images = { web: image('ghcr.io/acme/shop', 'b'), extra: image('ghcr.io/acme/extra', 'c') }
  const build = parseBuildRecord(JSON.stringify({ schema: 1, commit: 'a'.repeat(40), images }))
  const spec = { services: [{ name: 'front', image: ghcr({ digest: digest('a'), registry_credentials: 'EV[1:l:l]' }) }] }
  const { unused } = setImages(spec, { supplied: suppliedByBuild(build), credentials: undefined, deployOnPush: 'refuse' })
  expect(spec.services[0]?.image).toEqual(ghcr({ registry_credentials: 'EV[1:l:l]', digest: digest('b') }))
  expect(unused).toEqual(['extra'])
})

test('a named component and its fellows move to another registry together; there they need a login', () => {
  const spec = () => ({
    services: [{ name: 'web', image: docr({ digest: digest('a') }) }],
    workers: [{ name: 'worker', image: docr({ digest: digest('a') }) }],
  })
  const lines = [`web=ghcr.io/acme/shop@${digest('b')}`]
  expect(() => set(spec(), lines)).toThrow(expect.objectContaining({ code: 'DA-APP-REGISTRY-CREDENTIALS' }))
  const given = spec()
  set(given, lines, { credentials: 'bot:token' })
  expect(given.workers[0]?.image).toEqual(ghcr({ digest: digest('b'), registry_credentials: 'bot:token' }))
  const open = spec()
  set(open, lines, { credentials: null })
  expect(open.services[0]?.image).toEqual(ghcr({ digest: digest('b') }))
})

test('an image takes the place of a branch', () => {
  const spec: { services: JsonObject[] } = { services: [{ name: 'web', github: { repo: 'a/b', branch: 'main' }, http_port: 1 }] }
  set(spec as unknown as JsonObject, [`web=registry.digitalocean.com/acme/shop@${digest('b')}`])
  expect(spec.services[0]).toEqual({ name: 'web', http_port: 1, image: docr({ digest: digest('b') }) })
})

test.each<[string, string[], JsonObject, string]>([
  ['a tag', ['web=ghcr.io/acme/shop:latest'], ghcr({ tag: '1' }), 'DA-IMAGE-TAG'],
  ['an unknown component', [`wbe=ghcr.io/acme/shop@${digest('b')}`], ghcr({ tag: '1' }), 'DA-APP-COMPONENT-UNKNOWN'],
  ['a registry that the platform cannot pull from', [`web=quay.io/acme/shop@${digest('b')}`], ghcr({ tag: '1' }), 'DA-APP-IMAGE'],
  [
    'a component that deploys what is pushed',
    [`web=ghcr.io/acme/shop@${digest('b')}`],
    ghcr({ deploy_on_push: { enabled: true } }),
    'DA-APP-DEPLOY-ON-PUSH',
  ],
  ['DOCR with its host in the repository', [], docr({ repository: 'registry.digitalocean.com/acme/shop' }), 'DA-APP-IMAGE'],
  ['DOCR with a registry', [], docr({ registry: 'acme' }), 'DA-APP-IMAGE'],
  ['GHCR without an owner', [], { registry_type: 'GHCR', repository: 'shop' }, 'DA-APP-IMAGE'],
  ['GHCR with a big letter', [], ghcr({ registry: 'Acme' }), 'DA-APP-IMAGE'],
  ['a tag beside a digest', [], ghcr({ tag: '1', digest: digest('a') }), 'DA-APP-IMAGE'],
])('%s is refused', (_, lines, image, code) => {
  expect(() => set({ services: [{ name: 'web', image }] }, lines)).toThrow(expect.objectContaining({ code }))
})

test('deploying what is pushed is switched off when asked', () => {
  const spec = { services: [{ name: 'web', image: docr({ tag: '1', deploy_on_push: { enabled: true } }) }] }
  set(spec, [`web=registry.digitalocean.com/acme/shop@${digest('b')}`], { deployOnPush: 'off' })
  expect(spec.services[0]?.image).toEqual(docr({ digest: digest('b') }))
})

const migration = {
  command: 'migrate up',
  job: 'migrate',
  component: undefined,
  released: ['web'],
  values: new Map<string, string>(),
  credentials: undefined,
}
const app = (): { services: JsonObject[]; jobs?: JsonObject[] } => ({
  services: [
    {
      ...{ name: 'web', image: docr({ digest: digest('b') }), instance_size_slug: 's', http_port: 80 },
      envs: [
        { key: 'DB', value: '${db.URL}' },
        { key: 'KEY', value: 'EV[1:n:c]', type: 'SECRET' },
      ],
    },
  ],
})

test('a new job has image and variables of the component; what is encrypted there has to be given', () => {
  const spec = app()
  expect(() => setMigration(spec as unknown as JsonObject, migration)).toThrow(/needs KEY, which is encrypted in "web"/)
  setMigration(spec as unknown as JsonObject, { ...migration, values: new Map([['KEY', 'plain']]) })
  expect(spec.jobs).toEqual([
    {
      ...{
        name: 'migrate',
        kind: 'PRE_DEPLOY',
        image: docr({ digest: digest('b') }),
        run_command: 'migrate up',
        instance_count: 1,
        instance_size_slug: 's',
      },
      envs: [
        { key: 'DB', value: '${db.URL}' },
        { key: 'KEY', value: 'plain', type: 'SECRET' },
      ],
    },
  ])
})

test('a job that is there gets command and image, and keeps the rest, its own login too', () => {
  const spec = app()
  const own = { timeout: '9m', envs: [{ key: 'OWN', value: 'EV[1:x:x]', type: 'SECRET' }], unheard: 1 }
  spec.jobs = [{ name: 'migrate', kind: 'PRE_DEPLOY', image: docr({ digest: digest('a') }), run_command: 'old', ...own }]
  setMigration(spec as unknown as JsonObject, migration)
  expect(spec.jobs).toEqual([
    { name: 'migrate', kind: 'PRE_DEPLOY', image: docr({ digest: digest('b') }), run_command: 'migrate up', ...own },
  ])
})

test('a component of that name that is no such job is refused', () => {
  const spec = { ...app(), jobs: [{ name: 'migrate', kind: 'SCHEDULED', image: docr() }] }
  expect(() => setMigration(spec, migration)).toThrow(expect.objectContaining({ code: 'DA-APP-MIGRATE' }))
})
