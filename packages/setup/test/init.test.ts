import { init } from '@deploy-actions/setup'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { initValues, RepositoryMap } from './repository-map.ts'

const COMPOSE = `
services:
  db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: '\${DB_PASSWORD:?}' }
  web:
    build: { context: web, dockerfile: docker/Dockerfile, target: run }
    environment: { SECRET_KEY: '\${SECRET_KEY}', LOG_LEVEL: '\${LOG_LEVEL:-info}', PRICE: $$5 }
    ports: ['127.0.0.1:8000:8000']
  api:
    build: ./api
    image: ghcr.io/acme/shop-api:\${TAG:-latest}
    expose: ['9000']
    healthcheck: { test: curl -f http://127.0.0.1:9000/health }
`
const HOSTS = 'staging=203.0.113.7\nproduction=deploy@203.0.113.8:2222'

async function written(files: Readonly<Record<string, string>>, inputs: Readonly<Record<string, string>> = {}) {
  const repository = new RepositoryMap(files)
  const fates = await init(initValues(inputs), repository.ports())
  return { repository, fates, pipeline: parse(repository.text('.github/workflows/deploy.yml')).jobs.pipeline }
}

test('a Compose file becomes a pipeline with its images, its services that take requests, and how to know that they are well', async () => {
  const { pipeline } = await written({ 'compose.yaml': COMPOSE }, { hosts: HOSTS, health: 'web=/healthz' })
  expect(pipeline.uses).toBe('acme/deploy-actions/.github/workflows/pipeline-compose.yml@v1')
  expect(pipeline.with).toMatchObject({
    app: 'shop',
    user: 'deploy',
    switch: 'web:8000\napi:9000\n',
    health: 'web: http :8000/healthz',
    'env-template': '.env.example',
  })
  expect(parse(pipeline.with.images)).toEqual([
    { name: 'web', context: 'web', file: 'web/docker/Dockerfile', target: 'run', verify: { port: 8000, path: '/healthz' } },
    { name: 'api', image: 'ghcr.io/acme/shop-api', context: 'api' },
  ])
})

test('the env template asks for what has no default, and not for a tag that the pipeline chooses', async () => {
  const { repository } = await written({ 'compose.yaml': COMPOSE })
  const lines = repository
    .text('.env.example')
    .split('\n')
    .filter((line) => /^(# )?[A-Z_]+=/.test(line))
  expect(lines).toEqual(['DB_PASSWORD=', 'SECRET_KEY=', '# LOG_LEVEL=info'])
})

test('each environment has its own host, and the commands to say so', async () => {
  const { repository } = await written({ 'compose.yaml': COMPOSE }, { hosts: HOSTS, domain: 'shop.example.com' })
  const page = repository.text('docs/deploy-secrets.md')
  expect(page).toContain('gh variable set DEPLOY_HOST --env staging --body 203.0.113.7\n')
  expect(page).toContain("gh variable set DEPLOY_ROUTES --env staging --body ':80 -> web:8000'\n")
  expect(page).toContain("gh variable set DEPLOY_ROUTES --env production --body 'shop.example.com -> web:8000'\n")
})

test('each environment has a key of its own, which only its hosts are given; backups have a second one of production', async () => {
  const { repository } = await written({ 'compose.yaml': COMPOSE }, { hosts: HOSTS })
  const page = repository.text('docs/deploy-secrets.md')
  for (const environment of ['staging', 'production', 'production-backup'])
    expect(page).toContain(`gh secret set DEPLOY_SSH_KEY --env ${environment} < ~/.ssh/shop_${environment}_deploy\n`)
  expect(page).toContain('a second key for the hosts of production. It can do there what the first can')
  const told = repository.log.text('info')
  const key = (environment: string) => ` --key '$(cat ~/.ssh/shop_${environment}_deploy.pub)'`
  expect(told).toContain(`ssh root@203.0.113.7 "sh -s -- --host 203.0.113.7${key('staging')}" <`)
  expect(told).toContain(`ssh -p 2222 root@203.0.113.8 "sh -s -- --host 203.0.113.8:2222${key('production')}${key('production-backup')}" <`)
  expect(told).toMatch(/SSH_KEY_FILE=\S+_staging_deploy npx . doctor .* --hosts 203.0.113.7 --known-hosts known_hosts_staging\n/)
  expect(told).toMatch(
    /SSH_KEY_FILE=\S+_production_deploy npx . doctor .* --hosts deploy@203.0.113.8:2222 --known-hosts known_hosts_production\n/,
  )
})

test('told from another folder, the next commands find the files of the repository from there', async () => {
  const inputs = { hosts: 'production=203.0.113.8', environments: 'production', directory: '../my shop' }
  const { repository } = await written({ 'compose.yaml': COMPOSE }, inputs)
  const told = repository.log.text('info')
  expect(told).toContain("< '../my shop/deploy/setup-host.sh'\n")
  expect(told).toContain(
    "--directory '../my shop' --app shop --user deploy --hosts 203.0.113.8 --known-hosts '../my shop/known_hosts_production'\n",
  )
  expect(told).toContain('in ../my shop, because gh takes the repository from there:\n')
})

test('an IPv6 address has its brackets wherever a port may follow, and is one word for a shell', async () => {
  const hosts = 'staging=[2001:db8::7]:2222\nstaging=[2001:db8::8]\nproduction=[2001:db8::9]'
  const { repository } = await written({ 'compose.yaml': COMPOSE }, { hosts })
  const page = repository.text('docs/deploy-secrets.md')
  expect(page).toContain(`--env staging --body "$(printf '%s\\n' '[2001:db8::7]:2222' '[2001:db8::8]')"\n`)
  expect(page).toContain("gh variable set SMOKE_URL --env production --body 'http://[2001:db8::9]/'\n")
  const told = repository.log.text('info')
  expect(told).toContain(`ssh -p 2222 root@2001:db8::7 "sh -s -- --host '[2001:db8::7]:2222'`)
  expect(told).toContain('ssh root@2001:db8::9 "sh -s -- --host 2001:db8::9 ')
  expect(told).toContain("--hosts '[2001:db8::7]:2222' --hosts '[2001:db8::8]' --known-hosts known_hosts_staging\n")
})

test('what a file says of itself is one word in the commands to copy', async () => {
  const name = "we'b$(touch x)"
  const { repository } = await written({ 'compose.yaml': `services:\n  "${name}": { build: ., ports: ['80:80'] }\n` })
  expect(repository.text('docs/deploy-secrets.md')).toContain(`--body ':80 -> we'\\''b$(touch x):80'\n`)
})

test('what lies outside of the repository is looked at for no update, and told', async () => {
  const file = `services:
  a: { build: { context: ../other, dockerfile: /abs/Dockerfile }, expose: [80] }
  b: { build: 'https://github.com/acme/b.git', expose: [80] }
  c: { build: ./c/, expose: [80] }
`
  const { repository, pipeline } = await written({ 'compose.yaml': file })
  const docker = parse(repository.text('.github/dependabot.yml')).updates[0]
  expect(docker).toMatchObject({ 'package-ecosystem': 'docker', directories: ['/c'] })
  expect(parse(pipeline.with.images)[0].file).toBe('/abs/Dockerfile')
  expect(repository.log.text('warning')).toMatch(
    /a is built with \.\.\/other, which is not in this repository[\s\S]*a is built with \/abs\/Dockerfile/,
  )
  const { repository: none } = await written({ 'compose.yaml': 'services:\n  a: { build: ../other, expose: [80] }\n' })
  expect(parse(none.text('.github/dependabot.yml')).updates.map((one: Record<string, string>) => one['package-ecosystem'])).toEqual([
    'docker-compose',
    'github-actions',
  ])
})

test('the gate asks for the branch that is deployed; without a gate nothing does', async () => {
  expect((await written({ 'compose.yaml': COMPOSE }, { branch: 'release' })).pipeline.with.branch).toBe('release')
  const alone = await written({ 'compose.yaml': COMPOSE }, { branch: 'release', environments: 'production' })
  expect(alone.pipeline.with.branch).toBeUndefined()
})

test('one key in the set-up script of two environments is refused', () => {
  expect(() => initValues({ 'public-key': 'deploy.pub' })).toThrow('is one key for two environments')
  expect(initValues({ 'public-key': 'deploy.pub', environments: 'production' }).publicKey).toBe('deploy.pub')
})

test('two environments on a host without a name for it are refused: staging would be production', () => {
  expect(() => initValues({ hosts: '203.0.113.7' })).toThrow('does not say of which environment a host is')
  expect(initValues({ hosts: '203.0.113.7', environments: 'production' }).hosts).toHaveLength(1)
})

test('one host for both environments is refused, also where the user or the port differ', async () => {
  const both = { hosts: 'staging=deploy@203.0.113.7:22\nproduction=203.0.113.7' }
  await expect(written({ 'compose.yaml': COMPOSE }, both)).rejects.toMatchObject({ code: 'DA-SETUP-SAME-HOST' })
})

test('one environment alone is deployed by the first half of the pipeline', async () => {
  const { pipeline } = await written({ 'compose.yaml': COMPOSE }, { environments: 'production', hosts: '203.0.113.7' })
  expect(pipeline.with).toMatchObject({ staging: 'production', production: '' })
})

test('a second run writes nothing, and a file that was changed since stays as it is', async () => {
  const { repository } = await written({ 'compose.yaml': COMPOSE })
  const before = new Map(repository.files)
  expect(new Set((await init(initValues(), repository.ports())).map(({ fate }) => fate))).toEqual(new Set(['the same']))
  repository.files.set('.env.example', 'MINE=\n')
  const again = await init(initValues(), repository.ports())
  expect(again.filter(({ fate }) => fate !== 'the same')).toEqual([{ path: '.env.example', fate: 'left as it is' }])
  expect(repository.text('.env.example')).toBe('MINE=\n')
  expect(repository.log.text('info')).toContain('--force')
  await init(initValues({ force: 'true' }), repository.ports())
  expect(repository.files).toEqual(before)
})

test('a dry run writes nothing and makes up no secret', async () => {
  const repository = new RepositoryMap({ 'compose.yaml': COMPOSE })
  await init(initValues({ 'dry-run': 'true', generate: 'SECRET_KEY' }), repository.ports())
  expect([...repository.files.keys()]).toEqual(['compose.yaml'])
  expect(repository.log.text()).not.toContain('BwcH')
})

test('a made-up secret is told once as a command, and stands in no file', async () => {
  const made = Buffer.alloc(32, 7).toString('base64url')
  const { repository } = await written({ 'compose.yaml': COMPOSE }, { generate: 'SECRET_KEY' })
  expect(repository.log.text('info')).toContain(
    `gh secret set APP_ENV --env staging <<'JSON'\n{\n  "DB_PASSWORD": "<fill in>",\n  "SECRET_KEY": "${made}"`,
  )
  expect([...repository.files.values()].filter((text) => text.includes(made))).toEqual([])
})

test("an image name that is Docker Hub's, and a service that nobody asks whether it is well, are told", async () => {
  const { repository } = await written({ 'compose.yaml': 'services:\n  web: { build: ., image: shop, ports: [8000] }\n' })
  expect(repository.log.text('warning')).toMatch(
    /web: `image: shop` beside `build:` names an image of Docker Hub[\s\S]*web has no healthcheck/,
  )
})

test.each([
  ['ghcr.io/acme/web:${TAG}', 'ghcr.io/acme/web', ''],
  ['${REGISTRY:-ghcr.io/acme}/web', 'ghcr.io/acme/web', ''],
  ['acme/web', undefined, 'names an image of Docker Hub'],
  ['${REGISTRY}/web', undefined, 'has a variable for a name'],
])('`image: %s` beside `build:` is pushed to %s', async (image, pushed, told) => {
  const file = `services:\n  web: { build: ., image: '${image}', expose: [80], healthcheck: { test: x } }\n`
  const { pipeline, repository } = await written({ 'compose.yaml': file })
  expect(parse(pipeline.with.images)[0].image).toBe(pushed)
  expect(repository.log.text('warning')).toContain(told)
})

test('a secret that stands in the Compose file is told by its name, never by its value', async () => {
  const file =
    'services:\n  db: { image: postgres, environment: [POSTGRES_PASSWORD=hunter2, TOKEN_ID=x] }\n  web: { build: ., environment: { API_KEY: "k-1", S_KEY: "${S_KEY}" } }\n'
  const { repository } = await written({ 'compose.yaml': file })
  expect(repository.log.text('warning').match(/\w+: the value of \w+ stands/g)).toEqual([
    'db: the value of POSTGRES_PASSWORD stands',
    'web: the value of API_KEY stands',
  ])
  expect(repository.log.text()).not.toMatch(/hunter2|k-1/)
})

test("the project's own proxy stays in front: nothing is routed past it", async () => {
  const file = `${COMPOSE}  proxy: { image: 'nginx:1.27', ports: ['80:80', '443:443'] }\n`
  const { repository } = await written({ 'compose.yaml': file })
  expect(repository.text('docs/deploy-secrets.md')).not.toContain('DEPLOY_ROUTES')
  expect(repository.log.text('warning')).toContain('proxy has the ports of the web and stays in front')
})

test('without `build:` the services have to be named, and then are built', async () => {
  const files = { 'docker-compose.yml': 'services:\n  web: { image: ghcr.io/acme/web, expose: [80] }\n' }
  await expect(written(files)).rejects.toThrow('no service in docker-compose.yml has `build:`')
  await expect(written(files, { services: 'wbe' })).rejects.toThrow('has no service "wbe"')
  const { pipeline } = await written(files, { services: 'web=front' })
  expect(parse(pipeline.with.images)[0]).toMatchObject({ image: 'ghcr.io/acme/web', context: 'front' })
})

test('what the file says under `env_file` and the repository has not is what the values are written to', async () => {
  const { pipeline, repository } = await written(
    { 'compose.yaml': 'services:\n  web: { build: ., env_file: [.env.web], ports: ["80:80"] }\n' },
    { generate: 'SECRET_KEY' },
  )
  expect(pipeline.with).toMatchObject({ 'env-path': '.env.web', 'env-template': '.env.example' })
  expect(repository.text('.env.example')).toContain('SECRET_KEY=')
})

test('an update configuration under the other name is kept alone', async () => {
  const { repository } = await written({ 'compose.yaml': COMPOSE, '.github/dependabot.yaml': 'version: 2\n' })
  expect(repository.files.has('.github/dependabot.yml')).toBe(false)
})

test('an app spec becomes the pipeline of App Platform, and what deploys past the gate is told', async () => {
  const spec = `
name: shop
services:
  - name: web
    image: { registry_type: DOCR, repository: shop-web, tag: latest, deploy_on_push: { enabled: true } }
    http_port: 8080
    health_check: { http_path: /health }
jobs:
  - name: migrate
    image: { registry_type: DOCR, repository: shop-web, tag: latest }
`
  const { repository, pipeline } = await written({ '.do/app.yaml': spec }, { registry: 'registry.digitalocean.com/acme' })
  expect(pipeline.uses).toContain('/pipeline-app-platform.yml@v1')
  expect(pipeline.with).toMatchObject({ spec: '.do/app.yaml' })
  expect(parse(pipeline.with.images)).toEqual([
    { name: 'web', image: 'registry.digitalocean.com/acme/shop-web', verify: { port: 8080, path: '/health' } },
  ])
  expect(repository.text('docs/deploy-secrets.md')).toContain('gh variable set APP_NAME --env staging --body shop-staging')
  expect(repository.log.text('warning')).toContain('web has `deploy_on_push`')
})

test('a person in a terminal is asked for what is missing, and for nothing else', async () => {
  const repository = new RepositoryMap({ 'compose.yaml': COMPOSE })
  const asked: string[] = []
  const ask = async (question: string, fallback: string) => {
    asked.push(question)
    return question.includes('host of production') ? '203.0.113.9' : fallback
  }
  await init(initValues({ domain: 'shop.example.com' }), repository.ports({ ask }))
  expect(asked).toEqual([
    'Address of the host of staging (empty: later)',
    'Address of the host of production (empty: later)',
    'Which path of web:8000 answers 200 when it is well?',
  ])
  expect(repository.text('docs/deploy-secrets.md')).toContain('--env production --body 203.0.113.9')
  expect(repository.text('.github/workflows/deploy.yml')).toContain('web: http :8000/health')
  expect(repository.log.text('warning')).toBe('')
})
