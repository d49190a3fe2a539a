import { infrastructureOperations } from './infrastructure-schemas.ts'
import type { Schema } from './json-schema.ts'
import { list, loose, type Operation, pages, strict, text, time } from './schema-words.ts'

const env = strict(
  {
    key: { type: 'string', pattern: '^[_A-Za-z][_A-Za-z0-9]*$' },
    value: text,
    type: { enum: ['GENERAL', 'SECRET'] },
    scope: { enum: ['UNSET', 'RUN_TIME', 'BUILD_TIME', 'RUN_AND_BUILD_TIME'] },
  },
  ['key'],
)
const image = loose({
  registry_type: { enum: ['DOCKER_HUB', 'DOCR', 'GHCR'] },
  registry: text,
  repository: text,
  tag: text,
  digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
  registry_credentials: text,
})
const name: Schema = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,30}[a-z0-9]$' }
const component = loose({ name, envs: list(env), image, instance_count: { type: 'integer' }, http_port: { type: 'integer' } }, ['name'])
const spec = loose(
  {
    name,
    envs: list(env),
    services: list(component),
    workers: list(component),
    jobs: list(component),
    static_sites: list(component),
    functions: list(component),
    databases: list(loose({ name }, ['name'])),
    domains: list(loose({ domain: text }, ['domain'])),
  },
  ['name'],
)
const phases = ['UNKNOWN', 'PENDING_BUILD', 'BUILDING', 'PENDING_DEPLOY', 'DEPLOYING', 'ACTIVE', 'SUPERSEDED', 'ERROR', 'CANCELED']
const deployment = loose(
  { id: text, phase: { enum: phases }, spec, created_at: time, updated_at: time, progress: loose({}, ['total_steps', 'steps']) },
  [...['id', 'phase', 'spec', 'created_at', 'updated_at', 'progress', 'cause']],
)
const app = loose(
  {
    id: text,
    spec,
    created_at: time,
    updated_at: time,
    active_deployment: deployment,
    pending_deployment: deployment,
    in_progress_deployment: deployment,
    pinned_deployment: deployment,
  },
  ['id', 'spec', 'created_at', 'updated_at'],
)
const ofApp = strict({ app }, ['app'])
const ofDeployment = strict({ deployment }, ['deployment'])
const rollback = strict({ deployment_id: text, skip_pin: { type: 'boolean' } }, ['deployment_id'])

/** Every operation that the fake has. */
export const operations: readonly Operation[] = [
  ...infrastructureOperations,
  { method: 'GET', path: '/v2/apps', scope: 'app:read', response: strict({ apps: list(app), ...pages }, ['apps', 'links', 'meta']) },
  { method: 'POST', path: '/v2/apps', scope: 'app:create', request: strict({ spec, project_id: text }, ['spec']), response: ofApp },
  {
    method: 'POST',
    path: '/v2/apps/propose',
    scope: 'app:read',
    request: strict({ spec, app_id: text }, ['spec']),
    response: loose({ spec }, ['spec']),
  },
  { method: 'GET', path: '/v2/apps/{id}', scope: 'app:read', response: ofApp },
  {
    method: 'PUT',
    path: '/v2/apps/{id}',
    scope: 'app:update',
    request: strict({ spec, update_all_source_versions: { type: 'boolean' } }, ['spec']),
    response: ofApp,
  },
  { method: 'DELETE', path: '/v2/apps/{id}', scope: 'app:delete', response: strict({ id: text }, ['id']) },
  {
    method: 'GET',
    path: '/v2/apps/{id}/deployments',
    scope: 'app:read',
    response: strict({ deployments: list(deployment), ...pages }, ['deployments', 'links', 'meta']),
  },
  {
    method: 'POST',
    path: '/v2/apps/{id}/deployments',
    scope: 'app:update',
    request: strict({ force_build: { type: 'boolean' } }),
    response: ofDeployment,
  },
  { method: 'GET', path: '/v2/apps/{id}/deployments/{deployment}', scope: 'app:read', response: ofDeployment },
  { method: 'POST', path: '/v2/apps/{id}/deployments/{deployment}/cancel', scope: 'app:update', response: ofDeployment },
  {
    method: 'GET',
    path: '/v2/apps/{id}/deployments/{deployment}/components/{component}/logs',
    scope: 'app:read',
    response: loose({}, ['historic_urls']),
  },
  { method: 'GET', path: '/v2/apps/{id}/deployments/{deployment}/logs', scope: 'app:read', response: loose({}, ['historic_urls']) },
  {
    method: 'POST',
    path: '/v2/apps/{id}/restart',
    scope: 'app:update',
    request: strict({ components: { ...list(text), nullable: true } }),
    response: ofDeployment,
  },
  {
    method: 'POST',
    path: '/v2/apps/{id}/rollback/validate',
    scope: 'app:update',
    request: rollback,
    response: loose({ valid: { type: 'boolean' } }, ['valid']),
  },
  { method: 'POST', path: '/v2/apps/{id}/rollback', scope: 'app:update', request: rollback, response: ofDeployment },
  { method: 'POST', path: '/v2/apps/{id}/rollback/commit', scope: 'app:update' },
  { method: 'POST', path: '/v2/apps/{id}/rollback/revert', scope: 'app:update', response: ofDeployment },
  { method: 'GET', path: '/v2/apps/{id}/logs', scope: 'app:read', response: loose({}, ['historic_urls']) },
  { method: 'GET', path: '/v2/apps/{id}/components/{component}/logs', scope: 'app:read', response: loose({}, ['historic_urls']) },
  { method: 'GET', path: '/v2/apps/{id}/health', scope: 'app:read', response: loose({}, ['app_health']) },
]
