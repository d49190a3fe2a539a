import { readInputs } from '@deploy-actions/kit'
import { planTry, tryInputs } from '@deploy-actions/setup'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { RepositoryMap } from './repository-map.ts'

const COMPOSE = `
services:
  db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: '\${DB_PASSWORD:?}' }
  web:
    build: .
    ports: ['8000:8000']
  api:
    build: ./api
    expose: ['9000']
    healthcheck: { test: curl -f http://127.0.0.1:9000/health }
`
const PROXY = '  front:\n    image: caddy:2\n    ports: ["80:80", "443:443"]\n'

const planned = (files: Readonly<Record<string, string>>, inputs: Readonly<Record<string, string>> = {}, folder = 'My_Shop') => {
  const values = readInputs(tryInputs, (name) => inputs[name] ?? (name === 'directory' ? '.' : ''))
  return planTry(values, new RepositoryMap(files).workspace, folder, (bytes) => Buffer.alloc(bytes, 7))
}

test('what is built and says a port is switched; visitors come to the first that has `ports` by a name that is this machine', async () => {
  const plan = await planned({ 'compose.yaml': COMPOSE }, { health: 'web=/healthz' })
  expect(plan).toMatchObject({ app: 'my_shop', host: 'my-shop.localhost', door: 'web:8000', path: '/healthz', migrates: false })
  expect(plan.built).toEqual([{ name: 'web' }, { name: 'api' }])
  expect(plan.inputs).toMatchObject({
    'compose-file': 'compose.yaml',
    routes: 'my-shop.localhost -> web:8000',
    switch: 'api:9000',
    health: 'web: http :8000/healthz',
  })
})

test('a service that the file does not build is built where `services` says', async () => {
  const compose = 'services:\n  web:\n    image: ghcr.io/acme/web\n    expose: [8000]\n'
  const { built } = await planned({ 'compose.yaml': compose }, { services: 'web=app' })
  expect(built).toEqual([{ name: 'web', context: 'app' }])
})

test('secrets that nobody gave are made up and named; what `.env` and `--env` give stays', async () => {
  const made = await planned({ 'compose.yaml': COMPOSE })
  expect([...made.values]).toEqual([['DB_PASSWORD', '07'.repeat(24)]])
  expect(made.inputs['env-keys']).toBe('DB_PASSWORD')
  expect(made.notes).toContain('made up for this try: DB_PASSWORD')
  expect((await planned({ 'compose.yaml': COMPOSE, '.env': 'DB_PASSWORD=own\n' })).values.size).toBe(0)
  expect([...(await planned({ 'compose.yaml': COMPOSE }, { env: 'DB_PASSWORD=given' })).values]).toEqual([['DB_PASSWORD', 'given']])
})

test('values that are no secrets and env files that are nowhere are asked for, all at once', async () => {
  const compose = COMPOSE.replace('POSTGRES_PASSWORD:', "DOMAIN: '${DOMAIN}', POSTGRES_PASSWORD:").replace(
    'build: ./api',
    'build: ./api\n    env_file: [api.env, /opt/shop/.env]',
  )
  const refused = planned({ 'deploy/compose.yaml': compose }, { 'compose-file': 'deploy/compose.yaml' })
  await expect(refused).rejects.toMatchObject({
    code: 'DA-TRY-VALUES',
    message: expect.stringMatching(/values for DOMAIN; .*: deploy\/api\.env, \/opt\/shop\/\.env$/),
  })
  const given = { 'compose-file': 'deploy/compose.yaml', env: 'DOMAIN=here', 'env-file': 'mine.env' }
  const plan = await planned({ 'deploy/compose.yaml': compose }, given)
  expect([plan.envFiles, plan.withEnvFiles]).toEqual([['deploy/api.env', '/opt/shop/.env'], ['api']])
})

test('a proxy of the project that has the ports of the web is left out, because nobody gives it a certificate here', async () => {
  const plan = await planned({ 'compose.yaml': COMPOSE + PROXY })
  expect(plan.leftOut).toBe('front')
  expect(parse(plan.override ?? '')).toEqual({ services: { front: { profiles: ['not-in-try'] } } })
  expect(plan.inputs['compose-file']).toBe('compose.yaml\ncompose.deploy-actions-try.yaml')
  expect(plan.notes.at(-1)).toContain('front is left out')
})

test('with a tool the migrations are a part of each release', async () => {
  const plan = await planned({ 'compose.yaml': COMPOSE }, { 'migrate-tool': 'alembic', 'migrate-service': 'api' })
  expect(plan.migrates).toBe(true)
  expect(plan.inputs).toMatchObject({ tool: 'alembic', service: 'api', backup: 'none' })
})

test('a repository in which nothing that is built takes requests is refused, with the services that there are', async () => {
  const refused = planned({ 'compose.yaml': 'services:\n  job: { build: . }\n  db: { image: postgres }\n' })
  await expect(refused).rejects.toMatchObject({ code: 'DA-TRY-DOOR', hint: expect.stringContaining('job, db') })
})
