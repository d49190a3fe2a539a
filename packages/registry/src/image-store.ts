import { UserError } from '@deploy-actions/kit'
import { type ImageAddress, nameOf, pointerOf } from './address.ts'
import { endpointOf } from './endpoint.ts'
import { badResponse, notFound } from './failures.ts'
import { digestOf, MANIFEST_TYPES, readJson } from './manifest.ts'
import type { RegistryOptions } from './registry.ts'
import { RegistrySession } from './session.ts'
import { type Contents, contentsOf } from './stored-manifest.ts'
import type { Requester } from './transport.ts'

/** A manifest or an index as the registry keeps it. The bytes are what the digest is of, so they are never written anew. */
export interface StoredManifest {
  readonly digest: string
  readonly mediaType: string
  readonly body: Uint8Array
}

export interface ImageStoreOptions extends RegistryOptions {
  /** What the inputs for the login are called, for messages. */
  loginInputs?: Requester['loginInputs']
}

/** Manifests in registries, to read, to write and to copy byte for byte. All may throw what `Registry.resolve` does, and DA-REGISTRY-PUSH. */
export interface ImageStore {
  /** What a tag or digest points to; undefined when there is nothing. */
  manifest(address: ImageAddress): Promise<StoredManifest | undefined>
  /** What it is made of. */
  contents(address: ImageAddress, manifest: StoredManifest): Contents
  /** A blob that is JSON, such as the configuration of an image. */
  json(address: ImageAddress, digest: string): Promise<Record<string, unknown>>
  /** Puts the same bytes under the tag (or digest) of `address`, and checks that the registry keeps them under the same digest. */
  put(address: ImageAddress, manifest: StoredManifest): Promise<void>
  /** Finds out whether this login may push there, by an upload that is given up at once. */
  mayPush(address: ImageAddress): Promise<void>
  /** Copies what `from` points to under the tag of `to`, in another repository of the same registry too: the digest stays. */
  copy(from: ImageAddress, to: ImageAddress): Promise<StoredManifest>
  tags(address: ImageAddress): Promise<string[]>
  /** Removes a tag, or a manifest by its digest. False: the registry does not do that. */
  remove(address: ImageAddress): Promise<boolean>
}

export function createImageStore(options: ImageStoreOptions): ImageStore {
  const sessions = new Map<string, RegistrySession>()
  const sessionOf = (address: ImageAddress, from?: string): RegistrySession => {
    const key = [address.registry, address.repository, from ?? ''].join(' ')
    const known = sessions.get(key)
    if (known !== undefined) return known
    const login = options.logins?.find(({ registry }) => registry === address.registry)
    const scopes = [`repository:${address.repository}:pull,push`, ...(from === undefined ? [] : [`repository:${from}:pull`])]
    const endpoint = endpointOf(address.registry, options.insecure ?? [])
    // Without a login there is nothing to push with, and a public image gives a token for reading only.
    const session = new RegistrySession(address, { ...options, endpoint, login, scopes: login === undefined ? undefined : scopes })
    sessions.set(key, session)
    return session
  }
  const store: ImageStore = {
    manifest: (address) => fetchStored(sessionOf(address), address),
    contents: (address, { body }) => contentsOf(readJson(Buffer.from(body), address.registry)),
    json: (address, digest) => fetchJson(sessionOf(address), address, digest),
    put: (address, manifest) => put(sessionOf(address), address, manifest),
    mayPush: (address) => mayPush(sessionOf(address), address),
    copy: (from, to) => copy(from, to, store, sessionOf(to, from.repository === to.repository ? undefined : from.repository)),
    tags: (address) => listTags(sessionOf(address), address),
    remove: (address) => remove(sessionOf(address), address),
  }
  return store
}

async function fetchStored(session: RegistrySession, address: ImageAddress): Promise<StoredManifest | undefined> {
  const pointer = pointerOf(address)
  const { status, headers, body } = await session.get(`manifests/${pointer}`, MANIFEST_TYPES.join(', '))
  if (status === 404) return undefined
  if (status !== 200) throw badResponse(address.registry, `status ${status} for ${nameOf(address)}`)
  const digest = digestOf(body)
  if (pointer.startsWith('sha256:') && pointer !== digest) throw badResponse(address.registry, `other bytes than those of ${pointer}`)
  const { mediaType } = readJson(body, address.registry)
  const told = headers.get('content-type')?.split(';')[0] ?? ''
  return { digest, mediaType: typeof mediaType === 'string' ? mediaType : told, body }
}

async function fetchJson(session: RegistrySession, address: ImageAddress, digest: string): Promise<Record<string, unknown>> {
  const { status, body } = await session.get(`blobs/${digest}`, '*/*')
  if (status !== 200) throw badResponse(address.registry, `status ${status} for the blob ${digest} of ${nameOf(address)}`)
  if (digestOf(body) !== digest) throw badResponse(address.registry, `other bytes than those of ${digest}`)
  return readJson(body, address.registry)
}

async function put(session: RegistrySession, address: ImageAddress, { digest, mediaType, body }: StoredManifest): Promise<void> {
  const {
    status,
    headers,
    body: said,
  } = await session.ask(`manifests/${address.tag ?? digest}`, {
    method: 'PUT',
    contentType: mediaType,
    body,
  })
  if (status !== 201) throw badResponse(address.registry, `status ${status} for writing ${nameOf(address)} (${errorIn(said)})`)
  const kept = headers.get('docker-content-digest')
  if (kept !== null && kept !== digest)
    throw badResponse(address.registry, `${nameOf(address)} is kept as ${kept}, although ${digest} was written`)
}

async function mayPush(session: RegistrySession, address: ImageAddress): Promise<void> {
  const { status, headers, body } = await session.ask('blobs/uploads/', { method: 'POST', body: new Uint8Array() })
  if (status === 404 || status === 400)
    throw new UserError('DA-REGISTRY-PUSH', `${address.registry} takes no images as ${address.repository}: ${errorIn(body)}`, {
      hint: 'Check the name of the image; some registries want a repository to be made by hand first.',
    })
  if (status !== 202) throw badResponse(address.registry, `status ${status} for the beginning of a push (${errorIn(body)})`)
  await giveUp(session, headers.get('location'))
}

/** Ends an upload. What is left of one the registry clears away by itself; an address at another host does not get our login. */
async function giveUp(session: RegistrySession, location: string | null): Promise<void> {
  const upload = location === null ? undefined : new URL(location, `${session.endpoint}/`)
  if (upload === undefined || upload.origin !== new URL(session.endpoint).origin) return
  await session.ask(upload.href, { method: 'DELETE' }).catch(() => undefined)
}

async function copy(from: ImageAddress, to: ImageAddress, store: ImageStore, session: RegistrySession): Promise<StoredManifest> {
  if (from.registry !== to.registry) throw new Error('a copy stays in its registry')
  const manifest = await store.manifest(from)
  if (manifest === undefined) throw notFound(from)
  if (from.repository !== to.repository) await copyParts(from, to, manifest, store, session)
  await put(session, to, manifest)
  return manifest
}

/** All that a manifest leads to: the registry takes a manifest only when it has its parts. */
async function copyParts(
  from: ImageAddress,
  to: ImageAddress,
  manifest: StoredManifest,
  store: ImageStore,
  session: RegistrySession,
): Promise<void> {
  const { children, blobs } = store.contents(from, manifest)
  for (const { digest } of children) await copyChild({ ...from, digest }, to, store, session)
  for (const digest of blobs) await mount(from, to, digest, session)
}

async function copyChild(from: ImageAddress, to: ImageAddress, store: ImageStore, session: RegistrySession): Promise<void> {
  const child = await store.manifest(from)
  if (child === undefined) throw notFound(from)
  await copyParts(from, to, child, store, session)
  await put(session, { registry: to.registry, repository: to.repository, digest: child.digest }, child)
}

async function mount(from: ImageAddress, to: ImageAddress, digest: string, session: RegistrySession): Promise<void> {
  const { status, headers } = await session.ask(`blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from.repository)}`, {
    method: 'POST',
    body: new Uint8Array(),
  })
  if (status === 201) return
  await giveUp(session, headers.get('location'))
  throw new UserError('DA-REGISTRY-MOUNT', `${to.registry} does not take ${digest} of ${from.repository} over into ${to.repository}`, {
    hint: 'This login needs to read the one and to write the other repository; a registry that cannot mount blobs cannot be promoted in.',
  })
}

async function listTags(session: RegistrySession, address: ImageAddress): Promise<string[]> {
  const tags: string[] = []
  for (let last = ''; ; ) {
    const { status, headers, body } = await session.get(`tags/list?n=100${last === '' ? '' : `&last=${encodeURIComponent(last)}`}`, '*/*')
    if (status === 404) return tags
    if (status !== 200) throw badResponse(address.registry, `status ${status} for the tags of ${nameOf(address)}`)
    const { tags: some } = readJson(body, address.registry)
    if (!Array.isArray(some) || some.length === 0) return tags
    tags.push(...(some as string[]))
    last = some.at(-1) as string
    if (headers.get('link') === null) return tags
  }
}

async function remove(session: RegistrySession, address: ImageAddress): Promise<boolean> {
  const { status } = await session.ask(`manifests/${pointerOf(address)}`, { method: 'DELETE' })
  return status === 202 || status === 200 || status === 404
}

/** What a registry says is wrong, in its own words. */
function errorIn(body: Buffer): string {
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors?: { code?: string; message?: string }[] }
    const [first] = errors ?? []
    return first?.message ?? first?.code ?? 'it says nothing more'
  } catch {
    return 'it says nothing more'
  }
}
