import type { Schema } from './json-schema.ts'
import { list, loose, type Operation, pages, strict, text, time } from './schema-words.ts'

const integer: Schema = { type: 'integer' }
const address = loose({ ip_address: text, type: { enum: ['public', 'private'] } }, ['ip_address', 'type'])
const droplet = loose(
  {
    ...{ id: integer, name: text, status: { enum: ['new', 'active', 'off', 'archive'] }, tags: list(text) },
    networks: strict({ v4: list(address), v6: list(address) }),
  },
  ['id', 'name', 'status', 'networks', 'tags'],
)
const healthCheck = strict({
  ...{ protocol: { enum: ['http', 'https', 'tcp'] }, port: integer, path: text, check_interval_seconds: integer },
  ...{ response_timeout_seconds: integer, unhealthy_threshold: integer, healthy_threshold: integer },
})
const balancer = loose(
  {
    id: text,
    name: text,
    droplet_ids: list(integer),
    tag: text,
    status: { enum: ['new', 'active', 'errored'] },
    health_check: healthCheck,
  },
  ['id', 'name'],
)
const manifest = loose({ digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' }, tags: list(text), updated_at: time }, [
  'digest',
  'updated_at',
])
const types = ['untagged manifests only', 'unreferenced blobs only', 'untagged manifests and unreferenced blobs']
const states = [
  ...['requested', 'waiting for write JWTs to expire', 'scanning manifests', 'deleting unreferenced blobs'],
  ...['cancelling', 'failed', 'succeeded', 'cancelled'],
]
const collection = loose({ uuid: text, registry_name: text, status: { enum: states }, created_at: time, updated_at: time }, [
  'uuid',
  'status',
])
const ofCollection = strict({ garbage_collection: collection }, ['garbage_collection'])

const nullable = (schema: Schema): Schema => ({ ...schema, nullable: true })
/** `kubernetes_ids` and the other targets are there too; nobody here gives them. */
const target = strict({
  ...{ addresses: list(text), droplet_ids: list(integer), load_balancer_uids: list(text) },
  ...{ kubernetes_ids: list(text), tags: nullable(list(text)) },
})
const rule = (where: string): Schema =>
  strict({ protocol: { enum: ['tcp', 'udp', 'icmp'] }, ports: text, [where]: target }, ['protocol', 'ports', where])
const ofRequest = {
  name: { type: 'string', pattern: '^[a-zA-Z0-9][a-zA-Z0-9.-]+$' },
  inbound_rules: nullable(list(rule('sources'))),
  outbound_rules: nullable(list(rule('destinations'))),
  droplet_ids: nullable(list(integer)),
  tags: nullable(list(text)),
}
const firewall = strict(
  {
    ...ofRequest,
    ...{ id: text, status: { enum: ['waiting', 'succeeded', 'failed'] }, created_at: time },
    pending_changes: list(strict({ droplet_id: integer, removing: { type: 'boolean' }, status: text }, ['droplet_id', 'removing'])),
  },
  ['id', 'name', 'status', 'created_at', 'pending_changes', 'droplet_ids', 'tags'],
)
const ofFirewall = strict({ firewall }, ['firewall'])

const REPOSITORY = '/v2/registry/{registry}/repositories/{repository}/digests'
const COLLECTION = '/v2/registry/{registry}/garbage-collection'

const LISTS: readonly (readonly [path: string, scope: string, name: string, of: Schema])[] = [
  ['/v2/droplets', 'droplet:read', 'droplets', droplet],
  ['/v2/load_balancers', 'load_balancer:read', 'load_balancers', balancer],
  ['/v2/firewalls', 'firewall:read', 'firewalls', firewall],
  [REPOSITORY, 'registry:read', 'manifests', manifest],
  [`${COLLECTION}s`, 'registry:read', 'garbage_collections', collection],
]

/** What the fake has beside App Platform. */
export const infrastructureOperations: readonly Operation[] = [
  ...LISTS.map(([path, scope, name, of]) => ({
    ...{ method: 'GET', path, scope },
    response: strict({ [name]: list(of), ...pages }, [name, 'links', 'meta']),
  })),
  {
    ...{ method: 'GET', path: '/v2/load_balancers/{id}', scope: 'load_balancer:read' },
    response: strict({ load_balancer: balancer }, ['load_balancer']),
  },
  ...['POST', 'DELETE'].map((method) => ({
    ...{ method, path: '/v2/load_balancers/{id}/droplets', scope: 'load_balancer:update', status: 204 },
    request: strict({ droplet_ids: list(integer) }, ['droplet_ids']),
  })),
  { method: 'GET', path: '/v2/firewalls/{id}', scope: 'firewall:read', response: ofFirewall },
  { method: 'DELETE', path: '/v2/firewalls/{id}', scope: 'firewall:delete', status: 204 },
  {
    ...{ method: 'POST', path: '/v2/firewalls', scope: 'firewall:create', status: 202 },
    ...{ request: strict(ofRequest, ['name']), response: ofFirewall },
  },
  {
    // The description asks for both scopes of one token; which of them a login for reading needs is unverified.
    ...{ method: 'GET', path: '/v2/registry/docker-credentials', scope: 'registry:update' },
    response: strict({ auths: strict({ 'registry.digitalocean.com': strict({ auth: text }, ['auth']) }) }, ['auths']),
  },
  { method: 'DELETE', path: `${REPOSITORY}/{digest}`, scope: 'registry:delete', status: 204 },
  { method: 'GET', path: COLLECTION, scope: 'registry:read', response: ofCollection },
  {
    ...{ method: 'POST', path: COLLECTION, scope: 'registry:update', status: 201, response: ofCollection },
    request: strict({ type: { enum: types } }),
  },
  {
    ...{ method: 'PUT', path: `${COLLECTION}/{uuid}`, scope: 'registry:update', response: ofCollection },
    request: strict({ cancel: { type: 'boolean' } }),
  },
  {
    ...{ method: 'GET', path: '/v2/databases/{id}/backups', scope: 'database:read' },
    response: loose({ backups: list(strict({ created_at: time, size_gigabytes: { type: 'number' } }, ['created_at'])) }, ['backups']),
  },
]
