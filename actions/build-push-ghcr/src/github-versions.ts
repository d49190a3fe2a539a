import type { ImageReference } from '@deploy-actions/release'
import type { Version } from './cleanup-graph.ts'
import { type ApiPorts, askApi, refusedApi } from './package-api.ts'
import type { VersionSource } from './version-source.ts'

interface Access {
  readonly api: string
  readonly token: string
}

interface PackageVersion {
  id: number
  name: string
  created_at: string
  updated_at: string
  metadata?: { container?: { tags?: string[] } }
}

const PAGE = 100
const NEEDS =
  'The job needs `permissions: packages: write`, and the package has to give this repository the role Admin ("Package settings", "Manage Actions access").'

/** GitHub's packages API (docs.github.com, "REST API endpoints for packages"): the owner is an organisation or a person, and each has paths of its own. */
export function githubVersions({ repository }: ImageReference, { api, token }: Access, ports: ApiPorts): VersionSource {
  const [owner = '', ...rest] = repository.split('/')
  const name = encodeURIComponent(rest.join('/'))
  const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28', authorization: `Bearer ${token}` }
  let base: string | undefined
  const page = async (folder: string, number: number) =>
    askApi(`${folder}/versions?per_page=${PAGE}&page=${number}&state=active`, { headers }, ports)
  const ownerFolder = async (): Promise<string> => {
    const folders = ['orgs', 'users'].map((kind) => `${api}/${kind}/${owner}/packages/container/${name}`)
    for (const folder of folders) {
      const { status } = await page(folder, 1)
      if (status === 200) return folder
      if (status !== 404) throw refusedApi(new URL(api).host, status, NEEDS)
    }
    throw refusedApi(new URL(api).host, 404, NEEDS)
  }
  return {
    needs: NEEDS,
    async list() {
      base ??= await ownerFolder()
      const versions: Version[] = []
      for (let number = 1; ; number += 1) {
        const response = await page(base, number)
        if (response.status !== 200) throw refusedApi(new URL(api).host, response.status, NEEDS)
        const some = (await response.json()) as PackageVersion[]
        versions.push(...some.map(versionOf))
        if (some.length < PAGE) return versions
      }
    },
    async remove({ id }) {
      const { status } = await askApi(`${base}/versions/${id}`, { method: 'DELETE', headers }, ports)
      if (status === 204 || status === 404) return { removed: true, absent: status === 404 }
      if (status === 400)
        return { removed: false, why: 'GitHub keeps it: a public version with more than 5,000 downloads, or the last one with a tag' }
      throw refusedApi(new URL(api).host, status, NEEDS)
    },
  }
}

/** The name of a version is its digest. A tag that comes later changes `updated_at` alone, and counts as pushed then. */
const versionOf = ({ id, name, created_at: created, updated_at: updated, metadata }: PackageVersion): Version => ({
  id: String(id),
  digest: name,
  tags: metadata?.container?.tags ?? [],
  pushedAt: Math.max(Date.parse(created), Date.parse(updated)),
})
