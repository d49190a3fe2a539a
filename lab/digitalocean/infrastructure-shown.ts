import type { FakeFirewalls, FirewallRecord } from './firewalls.ts'
import type { DropletRecord, FakeBalancer, FakeDocr, ManifestRecord } from './infrastructure.ts'

const CREATED = '2026-01-05T09:00:00Z'
const REGION = { name: 'Frankfurt 1', slug: 'fra1', features: ['storage'], available: true, sizes: ['s-1vcpu-1gb'] }
const SIZE = {
  ...{ slug: 's-1vcpu-1gb', memory: 1024, vcpus: 1, disk: 25, transfer: 1, price_monthly: 6, price_hourly: 0.00893 },
  ...{ regions: ['fra1'], available: true, description: 'Basic' },
}

/** A droplet as the API shows it: everything that its description requires. */
export function shownDroplet({ id, name, status, tags, ...addresses }: DropletRecord): Record<string, unknown> {
  const has = (['private', 'public'] as const).flatMap((type) => {
    const address = addresses[type]
    return address === undefined ? [] : [{ ip_address: address, type }]
  })
  const v4 = has.filter(({ ip_address: one }) => !one.includes(':'))
  const v6 = has.filter((one) => !v4.includes(one))
  return {
    ...{
      id,
      name,
      status,
      tags,
      networks: {
        v4: v4.map((one) => ({ ...one, netmask: '255.255.240.0', gateway: '203.0.113.1' })),
        v6: v6.map((one) => ({ ...one, netmask: 64, gateway: '2001:db8::1' })),
      },
    },
    ...{ memory: 1024, vcpus: 1, disk: 25, locked: false, kernel: null, created_at: CREATED, features: [], backup_ids: [] },
    ...{ next_backup_window: null, snapshot_ids: [], volume_ids: [], size: SIZE, size_slug: 's-1vcpu-1gb', region: REGION },
    image: { id: 1, name: '12 x64', distribution: 'Debian', slug: 'debian-12-x64', type: 'base', public: true, regions: ['fra1'] },
    vpc_uuid: 'a3b72d97-192f-4984-9d71-08a5faf2e0c7',
  }
}

/** Droplets and tags are shown to those who may read them (digitalocean/openapi, models/firewall.yml). */
export const shownFirewall = (firewalls: FakeFirewalls, one: FirewallRecord, may: (scope: string) => boolean): Record<string, unknown> => ({
  ...{ id: one.id, name: one.name, status: firewalls.statusOf(one), created_at: new Date(one.createdAt).toISOString() },
  ...{ inbound_rules: one.inbound_rules ?? [], outbound_rules: one.outbound_rules ?? [] },
  ...{ droplet_ids: may('droplet:read') ? (one.droplet_ids ?? []) : [], tags: may('tag:read') ? (one.tags ?? []) : [] },
  pending_changes: firewalls.pendingOn(one).map((id) => ({ droplet_id: id, removing: false, status: firewalls.statusOf(one) })),
})

const RULES = [{ entry_protocol: 'http', entry_port: 80, target_protocol: 'http', target_port: 80 }]
const CHECK = {
  protocol: 'http',
  port: 80,
  path: '/',
  check_interval_seconds: 10,
  response_timeout_seconds: 5,
  unhealthy_threshold: 5,
  healthy_threshold: 3,
}

export const shownBalancer = ({ id, name, dropletIds, tag, status, settings }: FakeBalancer): Record<string, unknown> => ({
  ...{ id, name, droplet_ids: dropletIds, tag, ip: '203.0.113.250', status, created_at: CREATED, region: REGION },
  forwarding_rules: settings.forwarding_rules ?? RULES,
  health_check: { ...CHECK, ...settings.health_check },
})

export const shownManifest = (registry: string, repository: string, { digest, tags, updatedAt }: ManifestRecord) => ({
  ...{ registry_name: registry, repository: decodeURIComponent(repository), digest, tags },
  ...{ compressed_size_bytes: 1000, size_bytes: 2000, updated_at: new Date(updatedAt).toISOString() },
})

export const shownCollection = (docr: FakeDocr, one: FakeDocr['collections'][number]): Record<string, unknown> => ({
  ...{ uuid: one.uuid, registry_name: docr.name, status: docr.stateOf(one), blobs_deleted: 12, freed_bytes: 48_000_000 },
  ...{ created_at: new Date(one.startedAt).toISOString(), updated_at: new Date(one.startedAt).toISOString() },
})
