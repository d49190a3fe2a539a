import type { ImageReference } from '@deploy-actions/release'
import { type ApiPorts, askApi, refusedApi } from './package-api.ts'
import type { VersionSource } from './version-source.ts'

interface Access {
  readonly api: string
  readonly token: string
}

interface Manifests {
  manifests: { digest: string; tags?: string[]; updated_at: string }[]
  links?: { pages?: { next?: string } }
}

const PAGE = 100
const NEEDS = 'The token needs the scopes `registry:read` and `registry:delete`.'

/** DigitalOcean's registry API (docs.digitalocean.com, "Container Registry"): repositories lie below the registry's own name. Space is free after its garbage collection. */
export function docrVersions({ repository }: ImageReference, { api, token }: Access, ports: ApiPorts): VersionSource {
  const [registry = '', ...rest] = repository.split('/')
  const folder = `${api}/v2/registry/${registry}/repositories/${encodeURIComponent(rest.join('/'))}/digests`
  const headers = { authorization: `Bearer ${token}` }
  const { host } = new URL(api)
  return {
    needs: NEEDS,
    async list() {
      const all: Manifests['manifests'] = []
      for (let number = 1; ; number += 1) {
        const response = await askApi(`${folder}?per_page=${PAGE}&page=${number}`, { headers }, ports)
        if (response.status !== 200) throw refusedApi(host, response.status, NEEDS)
        const { manifests, links } = (await response.json()) as Manifests
        all.push(...manifests)
        if (links?.pages?.next === undefined) break
      }
      return all.map(({ digest, tags, updated_at: updated }) => ({ id: digest, digest, tags: tags ?? [], pushedAt: Date.parse(updated) }))
    },
    async remove({ id }) {
      const { status } = await askApi(`${folder}/${id}`, { method: 'DELETE', headers }, ports)
      if (status === 204 || status === 404) return { removed: true, absent: status === 404 }
      throw refusedApi(host, status, NEEDS)
    },
  }
}
