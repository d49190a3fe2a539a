import { Consumer } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import type { Stage } from '../../lab/scenarios/stage.ts'
import { ensureStack } from '../../lab/stack/stack.ts'

/** A web service, and PostgreSQL beside it, live on a bare host. */
export interface RowsProject {
  readonly consumer: Consumer
  /** Runs statements in the database, and gives what they print. */
  sql(statements: string): Promise<string>
}

/** @param boots seconds that PostgreSQL needs until it answers */
export async function deployRows(stage: Stage, { boots = 0 } = {}): Promise<RowsProject> {
  const stack = await ensureStack()
  await stage.box.reset()
  const compose = `
services:
  db:
    image: ${stack.address}/postgres:15
    environment: { POSTGRES_USER: notes, POSTGRES_DB: notes, POSTGRES_PASSWORD: only-here }
    command: sh -c "sleep ${boots}; exec docker-entrypoint.sh postgres"
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: { test: pg_isready -U notes -d notes -h 127.0.0.1, interval: 2s }
    restart: unless-stopped
  web: { image: sample/web, restart: unless-stopped }
volumes: { data: }
`
  const consumer = new Consumer(stage, { compose })
  const inputs = {
    images: `web=${stage.lab.image('web', 'v1')}`,
    switch: '',
    health: 'web: http :8000/health',
    verify: `${stage.url}/health 200`,
    'verify-for': '0s',
  }
  expectStatus(await consumer.deploy('v1', { inputs }), 'deployed')
  // Nothing here needs the database before it answers.
  await stage.box.exec('until docker exec sample-db-1 pg_isready -q -h 127.0.0.1; do sleep 0.5; done', { timeoutMs: 60_000 })
  return {
    consumer,
    async sql(statements) {
      const psql = 'docker exec -i sample-db-1 psql -v ON_ERROR_STOP=1 -X -At -U notes -d notes'
      const { code, stdout, stderr } = await stage.box.exec(psql, { stdin: statements })
      if (code !== 0) throw new Error(stderr)
      return stdout.trim()
    },
  }
}
