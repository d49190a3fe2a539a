import { readFileSync } from 'node:fs'
import { type ComposeModel, healthLine, planRelease, type ReleasePlan, type ReleaseRequest, routeLine, switchLine } from '../src/index.ts'

const folder = `${import.meta.dirname}/fixtures`

/** What the real `docker compose config` made of fixtures/<name>/compose.yaml (see fixtures/resolve.sh). */
export const model = (name: string): ComposeModel => JSON.parse(readFileSync(`${folder}/${name}/model.json`, 'utf8'))

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`

const uploaded = (path: string) => ({ path, bytes: readFileSync(`${folder}/shop/${path}`), mode: 0o644 })

const images = (web: string, api: string): ReleaseRequest['images'] =>
  new Map(
    [
      ['web', `ghcr.io/acme/web@${digest(web)}`],
      ['api', `ghcr.io/acme/api@${digest(api)}`],
      ['worker', `ghcr.io/acme/api@${digest(api)}`],
      ['migrate', `ghcr.io/acme/api@${digest(api)}`],
    ].map(([service, reference]) => [service as string, { reference: reference as string }]),
  )

/** The shop fixture, first deploy, with changes. */
export function shop(changes: Partial<ReleaseRequest> = {}, built = { web: 'a', api: 'b' }): ReleaseRequest {
  return {
    id: '20260131T093000Z-1a2b3c4-1.1',
    app: 'shop',
    project: 'shop',
    commit: '1'.repeat(40),
    commitTime: 1_700_000_000,
    model: model('shop'),
    files: ['compose.yaml', 'conf/init.sql', 'conf/token', 'conf/web.conf', 'env/app.env'].map(uploaded),
    environment: { SHOP_KEY: 'k$y' },
    images: images(built.web, built.api),
    routes: [routeLine.read(':80 -> web:8000')],
    switch: [switchLine.read('api')],
    strategy: [],
    health: [healthLine.read('web: http :8000/ready')],
    edgeImage: 'caddy:2',
    times: { healthTimeout: 60_000, verifyFor: 5_000, drainTimeout: 30_000, streamDrainTimeout: 10_000, warmPrevious: 0 },
    keepReleases: 5,
    hosts: 1,
    appDirectory: '/opt/shop',
    projectDirectory: '/tmp/upload',
    ...changes,
  }
}

export const planShop = (...args: Parameters<typeof shop>): ReleasePlan => planRelease(shop(...args))

/** The text of a file of the release directory. */
export function textOf({ entries }: ReleasePlan, path: string): string {
  const found = entries.find((entry) => entry.path === path)
  if (found === undefined) throw new Error(`no ${path} among ${entries.map((entry) => entry.path).join(', ')}`)
  return found.bytes.toString('utf8')
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks deep into JSON
export const jsonOf = (plan: ReleasePlan, path: string): any => JSON.parse(textOf(plan, path))

/** services.tsv as cells by service. */
export const rowsOf = (plan: ReleasePlan): Record<string, string[]> =>
  Object.fromEntries(
    textOf(plan, 'services.tsv')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
      .map((cells) => [cells[0] as string, cells]),
  )

export const codes = (found: readonly { code: string }[]): string[] => found.map(({ code }) => code)
