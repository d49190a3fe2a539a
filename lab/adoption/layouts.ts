import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import type { Lab } from '../lab.ts'
import type { Stack } from '../stack/stack.ts'
import { labFolder } from '../state.ts'

/** A project as it stands on a server where somebody typed `docker compose up -d`. */
export interface Layout {
  /** Of the repository acme/<name>, and so of the app. */
  name: string
  title: string
  /** The Compose file in the repository, and other files there. */
  compose: string
  files: string[]
  /** Where a person put the repository's files on the host. */
  folder: string
  /** Root's, mode 0600: path on the host to content. */
  envFiles: Record<string, string>
  /** Deploys by `sudo`: a user without root and without Docker. */
  sudo?: true
  /** Typed in the folder. */
  start: string
  /** What visitors ask: paths of the app at these addresses. */
  fronts: { scheme: 'http' | 'https'; port: number; host?: string }[]
  images(lab: Lab, stack: Stack, tag: string): string[]
  database: { service: string; user: string; name: string }
  /** Services that a release must not touch. */
  untouched: string[]
  /** Sentences of the plan. */
  planned: (string | RegExp)[]
}

const projects = path.join(labFolder, 'stack/projects')
const password = 'of-the-lab-6f1d'

const vulcan: Layout = {
  name: 'vulcan',
  title:
    'two published services, the Compose file in /opt/vulcan/compose, env files of root elsewhere, a deploy user with sudo for the agent',
  compose: 'docker-compose.prod.yml',
  files: [],
  folder: '/opt/vulcan/compose',
  sudo: true,
  envFiles: {
    '/opt/vulcan/env/backend.env': `DATABASE_URL=postgresql://vulcan:${password}@postgres:5432/vulcan\nREDIS_URL=redis://redis:6379/0\nBACKEND_CORS_ORIGINS=["https://app.example.com"]\n`,
    '/opt/vulcan/env/frontend.env': 'API_URL=http://backend:8000/\nPORT=3000\nGREETING=from the env file\n',
    '/opt/vulcan/env/postgres.env': `POSTGRES_USER=vulcan\nPOSTGRES_PASSWORD=${password}\n`,
  },
  start: 'TAG_OR_DIGEST=v1 docker compose -f /opt/vulcan/compose/docker-compose.prod.yml up -d',
  fronts: [
    { scheme: 'http', port: 8000 },
    { scheme: 'http', port: 3000 },
  ],
  images: (lab, stack, tag) => [
    `backend=${stack.image('backend', tag)}`,
    `frontend=${lab.image('web', tag)}`,
    `worker=${stack.image('worker', tag)}`,
  ],
  database: { service: 'postgres', user: 'vulcan', name: 'vulcan' },
  untouched: ['postgres', 'redis'],
  planned: [
    'The Compose project "compose" runs on',
    'started by hand in /opt/vulcan/compose',
    'Port 3000, 8000 is handed over to the edge',
    /postgres +keep/,
    /redis +keep/,
  ],
}

const atlas: Layout = {
  name: 'atlas-investor',
  title: "nginx and Django, everything in the app's own folder with a .env",
  compose: 'docker-compose.yml',
  files: ['nginx.conf'],
  folder: '/opt/atlas-investor',
  envFiles: {
    '/opt/atlas-investor/.env': `DEBUG=False\nSECRET_KEY=django-${password}\nPOSTGRES_PASSWORD=${password}\nALLOWED_HOSTS=*\n`,
  },
  start: 'docker compose up -d',
  fronts: [{ scheme: 'http', port: 80 }],
  images: (_lab, stack, tag) => [`backend=${stack.image('django', tag)}`],
  database: { service: 'db', user: 'postgres', name: 'atlas_investor' },
  untouched: ['db', 'redis', 'nginx'],
  planned: [
    'started by hand in /opt/atlas-investor',
    'nginx looks a name up once: atlas-investor-nginx-1 is reloaded at the handover',
    /db +keep/,
    /nginx +keep/,
  ],
}

const chitram: Layout = {
  name: 'chitram',
  title: 'Caddy with the certificates, PostgreSQL, an object store, Redis, a worker; started with `--env-file .env.production`',
  compose: 'deploy/docker-compose.yml',
  files: ['deploy/Caddyfile'],
  folder: '/opt/chitram/deploy',
  envFiles: {
    '/opt/chitram/deploy/.env.production': `POSTGRES_PASSWORD=${password}\nMINIO_SECRET_KEY=minio-${password}\nJWT_SECRET_KEY=jwt-${password}\n`,
  },
  start: 'docker compose --env-file .env.production up -d',
  fronts: [{ scheme: 'https', port: 443, host: 'chitram.example' }],
  images: (_lab, stack, tag) => [`app=${stack.image('backend', tag)}`, `worker=${stack.image('worker', tag)}`],
  database: { service: 'postgres', user: 'chitram', name: 'chitram' },
  untouched: ['postgres', 'minio', 'redis', 'caddy'],
  planned: ['The Compose project "deploy" runs on', 'started by hand in /opt/chitram/deploy', /postgres +keep/, /caddy +keep/],
}

export const layouts: Layout[] = [vulcan, atlas, chitram]

/** A file of the layout's repository. */
export const repositoryFile = ({ name }: Layout, file: string): string =>
  readFileSync(path.join(projects, name.replace(/-.*/, ''), file), 'utf8')

/** The inputs that the guide tells a user of this layout to paste; what the lab has its own of is left out. */
export function pasted({ name }: Layout): Record<string, string> {
  const guide = readFileSync(path.join(labFolder, '../docs/guide-adoption.md'), 'utf8')
  const [, block] = new RegExp(`\`\`\`yaml\\n# acme/${name}\\n([^]*?)\`\`\``).exec(guide) ?? []
  const [step] = parse(block ?? '') as { with: Record<string, unknown> }[]
  if (step === undefined) throw new Error(`docs/guide-adoption.md has no step of acme/${name}`)
  const { host: _host, user: _user, 'ssh-key': _key, 'known-hosts': _known, images: _images, ...inputs } = step.with
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]))
}
