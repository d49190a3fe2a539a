import { shownBalancer, shownCollection, shownDroplet, shownFirewall, shownManifest } from './infrastructure-shown.ts'
import { paged } from './paged.ts'
import { notFound, Problem } from './problem.ts'
import type { Route } from './routes.ts'

const LOAD_BALANCER = '/v2/load_balancers/{id}'
const REPOSITORY = '/v2/registry/{registry}/repositories/{repository}/digests'
const COLLECTION = '/v2/registry/{registry}/garbage-collection'

/** Droplets, load balancers, the registry and managed databases; by `METHOD path`, as in schemas.ts. */
export const infrastructureRoutes: Readonly<Record<string, Route>> = {
  'GET /v2/droplets': ({ query, url }, { infrastructure: { droplets } }) => {
    const tag = query.get('tag_name')
    const found = droplets.filter(({ tags }) => tag === null || tags.includes(tag))
    return paged(
      'droplets',
      found.map((one) => () => shownDroplet(one)),
      query,
      url,
    )
  },
  'GET /v2/load_balancers': ({ query, url }, { infrastructure: { balancers } }) =>
    paged(
      'load_balancers',
      balancers.map((one) => () => shownBalancer(one)),
      query,
      url,
    ),
  [`GET ${LOAD_BALANCER}`]: ({ parameters: { id = '' } }, { infrastructure }) => ({
    load_balancer: shownBalancer(infrastructure.balancer(id)),
  }),
  [`POST ${LOAD_BALANCER}/droplets`]: ({ parameters: { id = '' }, body }, { infrastructure }) =>
    infrastructure.balancer(id).change('add', infrastructure.requireDroplets(body.droplet_ids)),
  [`DELETE ${LOAD_BALANCER}/droplets`]: ({ parameters: { id = '' }, body }, { infrastructure }) =>
    infrastructure.balancer(id).change('remove', infrastructure.requireDroplets(body.droplet_ids)),
  'GET /v2/firewalls': ({ query, url, may }, { infrastructure: { firewalls } }) =>
    paged(
      'firewalls',
      firewalls.all.map((one) => () => shownFirewall(firewalls, one, may)),
      query,
      url,
    ),
  'POST /v2/firewalls': ({ body, may }, { infrastructure: { firewalls } }) => ({
    firewall: shownFirewall(firewalls, firewalls.create(body), may),
  }),
  'GET /v2/firewalls/{id}': ({ parameters: { id = '' }, may }, { infrastructure: { firewalls } }) => ({
    firewall: shownFirewall(firewalls, firewalls.find(id), may),
  }),
  'DELETE /v2/firewalls/{id}': ({ parameters: { id = '' } }, { infrastructure: { firewalls } }) => firewalls.remove(id),
  'GET /v2/registry/docker-credentials': ({ query }, { infrastructure: { docr } }) => {
    const login = { readWrite: query.get('read_write') === 'true', seconds: Number(query.get('expiry_seconds') ?? 0) }
    docr.logins.push(login)
    const auth = Buffer.from(`login-${docr.logins.length}:password-${docr.logins.length}`).toString('base64')
    return { auths: { 'registry.digitalocean.com': { auth } } }
  },
  [`GET ${REPOSITORY}`]: ({ parameters: { registry = '', repository = '' }, query, url }, { infrastructure: { docr } }) => {
    const manifests = docr.manifests(repository)
    return paged(
      'manifests',
      manifests.map((one) => () => shownManifest(registry, repository, one)),
      query,
      url,
    )
  },
  [`DELETE ${REPOSITORY}/{digest}`]: ({ parameters: { repository = '', digest = '' } }, { infrastructure: { docr } }) => {
    const manifests = docr.manifests(repository)
    const at = manifests.findIndex((one) => one.digest === decodeURIComponent(digest))
    if (at === -1) throw notFound()
    // That deletions are refused while it is read-only is unverified.
    if (docr.active() !== undefined) throw new Problem(412, 'precondition_failed', 'registry is in read-only mode')
    manifests.splice(at, 1)
  },
  [`GET ${COLLECTION}`]: (_asked, { infrastructure: { docr } }) => {
    const active = docr.active()
    if (active === undefined) throw notFound()
    return { garbage_collection: shownCollection(docr, active) }
  },
  [`POST ${COLLECTION}`]: ({ body }, { infrastructure: { docr } }) => ({
    garbage_collection: shownCollection(docr, docr.collect(body?.type ?? 'untagged manifests and unreferenced blobs')),
  }),
  [`PUT ${COLLECTION}/{uuid}`]: ({ parameters: { uuid = '' } }, { infrastructure: { docr } }) => ({
    garbage_collection: shownCollection(docr, docr.cancel(uuid)),
  }),
  [`GET ${COLLECTION}s`]: ({ query, url }, { infrastructure: { docr } }) =>
    paged(
      'garbage_collections',
      docr.collections.toReversed().map((one) => () => shownCollection(docr, one)),
      query,
      url,
    ),
  'GET /v2/databases/{id}/backups': ({ parameters: { id = '' } }, { infrastructure: { databases } }) => {
    const backups = databases.get(id)
    if (backups === undefined) throw notFound()
    const shown = backups.map(({ createdAt, gigabytes }) => ({ created_at: new Date(createdAt).toISOString(), size_gigabytes: gigabytes }))
    return { backups: shown, scheduled_backup_time: { backup_hour: 20, backup_minute: 40, backup_interval_hours: 24 }, backup_progress: '' }
  },
}
