import { posix } from 'node:path'
import { oldFilesOf, proxiesToReload } from './adoption.ts'
import { assetsTable } from './assets-table.ts'
import { baseModel } from './base-model.ts'
import type { CaddyOptions } from './caddy-options.ts'
import { edgeCaddyfile } from './caddyfile.ts'
import { canonicalJson, sha256 } from './canonical-json.ts'
import { type ComposeModel, replicasOf, serviceOf } from './compose-model.ts'
import { edgeNetworks } from './edge-model.ts'
import { storeText, textPath } from './file-objects.ts'
import type { Placed } from './place-paths.ts'
import { mapValues } from './place-paths.ts'
import type { Refusal } from './refusal.ts'
import type { ReleaseRequest } from './release-request.ts'
import { replacedTexts } from './replaced-proxy.ts'
import { serviceEnv } from './service-env.ts'
import { serviceHash } from './service-hash.ts'
import { servicesTable } from './services-table.ts'
import { type SplitModels, split } from './split.ts'
import { type SplitRequest, switchedOf } from './split-request.ts'
import { FileStore, type StoredFile } from './stored-files.ts'
import { type EdgeCheck, verifyTable } from './verify-table.ts'

/** A file of the release directory. */
export interface ReleaseEntry {
  /** Relative to `/opt/<app>/releases/<id>`. */
  readonly path: string
  readonly mode: number
  readonly bytes: Buffer
}

/** What is decided before anything is written; the release id is the only thing that is still open. */
export interface Decided extends Omit<SplitRequest, 'id' | 'storeText'> {
  readonly model: ComposeModel
  readonly placed: Placed
  readonly checks: readonly EdgeCheck[]
  readonly options: CaddyOptions
}

export interface Rendered {
  /** Everything but `settings` and `release.json`, by path. */
  readonly entries: readonly ReleaseEntry[]
  readonly stored: readonly StoredFile[]
  readonly models: SplitModels
  readonly refusals: readonly Refusal[]
}

const PRIVATE = 0o600
/** Mounted into a container, whose user need not be root; the directories above are 0700. */
const MOUNTED = 0o444

/** Writes the release directory of `decided` under one release id. */
export function renderRelease(decided: Decided, request: ReleaseRequest, id: string): Rendered {
  const store = new FileStore(request.appDirectory)
  const models = split(decided.model, { ...decided, id, storeText: storeText(store) })
  const env = switchedOf(decided.strategies).map((name) => ({ name, ...serviceEnv(decided.model, name, { ...request, id }) }))
  const texts = { ...modelTexts(models), ...tables(decided, request, id), ...adoptionTexts(decided, models, request) }
  const entries = [
    ...Object.entries(texts).map(([path, text]) => entry(path, text)),
    ...env.map(({ name, text }) => entry(`env/${name}.env`, text)),
    ...slotTexts(decided, models),
  ]
  const stored = [...decided.placed.stored, ...store.all()]
  return { entries: byPath(entries), stored: byPath(stored), models, refusals: env.flatMap(({ refusals }) => refusals) }
}

/** sha256 of all that makes a release differ from another: what runs, how requests reach it, what is checked. Not: ids, times, the edge's image. */
export function fingerprintOf({ entries, models, stored }: Rendered): string {
  const edge = canonicalJson({ ...models.edge.services.edge, image: '' })
  const parts = entries.map(({ path, bytes }) => `${path} ${path === 'edge.json' ? sha256(edge) : sha256(bytes)}`)
  return sha256([...parts, ...stored.map(({ path }) => path)].join('\n'))
}

/** The same of base alone: while it stays, base need not be applied. Switched services count with what they leave there, but not with their image. */
export function baseFingerprintOf(decided: Decided): string {
  const { model, strategies } = decided
  const { services, ...rest } = baseModel(model, { ...decided, id: '', storeText: (name, text) => `${name} ${sha256(text)}` })
  const own = Object.keys(model.services).filter((name) => strategies.byService.get(name)?.kind !== 'switch')
  const parts = mapValues(services, (service, name) =>
    own.includes(name) ? [serviceHash(serviceOf(model, name)), replicasOf(service)] : { ...service, image: '' },
  )
  return sha256(canonicalJson({ ...rest, services: parts }))
}

const modelTexts = ({ base, byHand, blue, green, edge, plain }: SplitModels): Record<string, string> => ({
  'base.json': canonicalJson(base),
  'by-hand.json': canonicalJson(byHand),
  'slot-blue.json': canonicalJson(blue),
  'slot-green.json': canonicalJson(green),
  'edge.json': canonicalJson(edge),
  'plain.json': canonicalJson(plain),
})

function tables(decided: Decided, request: ReleaseRequest, id: string): Record<string, string> {
  const networks = edgeNetworks(decided.model, decided)
  const assets = request.assets ?? []
  return {
    Caddyfile: edgeCaddyfile({
      project: request.project,
      edge: decided.edge,
      trustedProxies: request.trustedProxies ?? [],
      proxyProtocol: request.proxyProtocol ?? [],
      options: decided.options,
      balancer: request.balancer !== undefined,
      assets,
    }),
    ...(assets.length === 0 ? {} : { 'assets.tsv': assetsTable(assets) }),
    'services.tsv': servicesTable(decided.model, { ...decided, id, health: request.health }),
    'verify.tsv': verifyTable(decided.checks),
    'networks.tsv': networks.map(({ name, aliases }) => `${name}\t${aliases.join(' ')}\n`).join(''),
    directories: decided.placed.directories.map((path) => `${path}\n`).join(''),
  }
}

/** What only the release needs that takes over from what people started. */
function adoptionTexts(
  decided: Decided,
  { beside }: SplitModels,
  { adoption, appDirectory, removeOrphans, reloadProxies, reloadOtherProxies = [] }: ReleaseRequest,
): Record<string, string> {
  if (adoption === undefined) return {}
  const lines = (all: readonly string[]) => [...new Set(all)].map((one) => `${one}\n`).join('')
  const proxies = reloadProxies === false ? [] : proxiesToReload(adoption, switchedOf(decided.strategies))
  return {
    'edge-beside.json': canonicalJson(beside),
    // The app's folder gets a file of ours in any case.
    'old-files': lines(
      oldFilesOf(adoption).flatMap(({ path, first, shared }) =>
        shared ? [] : [`${path}\t${first && posix.dirname(path) !== appDirectory ? 'link' : '-'}`],
      ),
    ),
    reload: lines(proxies.map(({ service = '' }) => service)),
    ...(reloadOtherProxies.length === 0 ? {} : { 'reload-others': lines(reloadOtherProxies) }),
    ...replacedTexts(adoption.containers, decided, removeOrphans === true),
  }
}

/** The texts that the slots mount, and no others. */
function slotTexts({ configTexts, secretTexts }: Decided, { blue }: SplitModels): ReleaseEntry[] {
  const of = (kind: 'configs' | 'secrets', texts: ReadonlyMap<string, Buffer>) =>
    [...texts]
      .filter(([name]) => blue[kind]?.[name] !== undefined)
      .map(([name, bytes]) => ({ path: textPath(kind, name), mode: MOUNTED, bytes }))
  return [...of('configs', configTexts), ...of('secrets', secretTexts)]
}

export const entry = (path: string, text: string): ReleaseEntry => ({ path, mode: PRIVATE, bytes: Buffer.from(text) })

/** Sorted; a path that was put twice counts once. */
export function byPath<T extends { readonly path: string }>(files: readonly T[]): T[] {
  return [...new Map(files.map((file) => [file.path, file])).values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}
