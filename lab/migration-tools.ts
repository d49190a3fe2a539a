import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Say } from './images.ts'
import { LabError, run } from './shell.ts'
import { stateFolder, withLock } from './state.ts'

const PACKAGES = ['dbmate@2.36.0', 'drizzle-kit@0.31.11', 'drizzle-orm@0.45.4', 'pg@8.23.1']
const PYTHON_PACKAGES = ['alembic==1.20.1', 'Django==5.2.19', 'psycopg[binary]==3.3.9']
const GOLANG_MIGRATE = 'github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1'

/** Tools that change databases, installed once as their makers say. */
export interface MigrationTools {
  /** Of their programs, for PATH. */
  readonly bin: readonly string[]
  /** With drizzle's packages, which have to lie above a project. */
  readonly modules: string
}

export function ensureMigrationTools(say: Say = () => {}): Promise<MigrationTools> {
  return withLock(async () => {
    const versions = createHash('sha256')
      .update(JSON.stringify([GOLANG_MIGRATE, PACKAGES, PYTHON_PACKAGES]))
      .digest('hex')
      .slice(0, 12)
    const folder = path.join(stateFolder, `migration-tools-${versions}`)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!existsSync(path.join(folder, 'migrate'))) {
      say('compiling golang-migrate, once')
      const env = { GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' }
      await done(run('go', ['install', '-trimpath', '-tags', 'postgres', GOLANG_MIGRATE], { env }))
    }
    if (!existsSync(path.join(folder, 'node_modules/pg'))) {
      say('installing dbmate and drizzle-kit, once')
      await done(run('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', ...PACKAGES]))
    }
    if (!existsSync(path.join(folder, 'venv/bin/django-admin'))) {
      say('installing Alembic and Django, once')
      await done(run('python3', ['-m', 'venv', path.join(folder, 'venv')]))
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:']
      await done(run(path.join(folder, 'venv/bin/python3'), [...pip, ...PYTHON_PACKAGES]))
    }
    return {
      bin: [folder, path.join(folder, 'node_modules/.bin'), path.join(folder, 'venv/bin')],
      modules: path.join(folder, 'node_modules'),
    }
  })
}

async function done(running: ReturnType<typeof run>): Promise<void> {
  const { code, stderr } = await running
  if (code !== 0) throw new LabError(`The migration tools cannot be had here: ${stderr.trim().split('\n').slice(-3).join(' ')}`)
}
