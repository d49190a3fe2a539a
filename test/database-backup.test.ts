import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@deploy-actions/backups'
import { FakeClock, FakeLog, FakeS3, type S3Fault } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { inEachShell, type Shell } from '../packages/agent/test/shells.ts'
import { read, root } from './repository.ts'

const SCRIPT = 'examples/app-platform-pipeline/backup/database-backup.sh'
const ID = '20260131T093000Z'
const PASSWORD = "p@ss:w%rd'"
const URL_OF = (database: string, host = 'db.example') => `postgresql://notes:p%40ss%3Aw%25rd%27@${host}:25060/${database}?sslmode=require`

let s3: FakeS3
beforeEach(async () => {
  s3 = await new FakeS3().start()
})
afterEach(() => s3.stop())

const settings = () => ({
  DATABASE_URL: URL_OF('shop'),
  BACKUP_APP: 'shop',
  BACKUP_S3_BUCKET: 'backups',
  BACKUP_S3_ENDPOINT: s3.endpoint,
  BACKUP_S3_PREFIX: 'production',
  BACKUP_S3_ACCESS_KEY: s3.accessKey,
  BACKUP_S3_SECRET_KEY: s3.secretKey,
})

function openBackups() {
  const values = {
    ...{ s3Bucket: 'backups', s3Endpoint: s3.endpoint, s3Region: undefined, s3Prefix: 'production', s3SessionToken: undefined },
    ...{ s3AccessKey: s3.accessKey, s3SecretKey: s3.secretKey, encryptTo: [] },
  }
  const store = openStore(values, 'shop', {
    fetch,
    clock: new FakeClock({ now: Date.now() }),
    log: new FakeLog(),
    signal: AbortSignal.timeout(60_000),
  })
  if (store === undefined) throw new Error('no store')
  return store
}

/** What every program writes down: its name, its arguments, and whether it has the password where it belongs. */
const NOTE = (name: string) => `printf '%s %s\\n' ${name} "$*" >>"$NOTES"\n`
const PSQL = `${NOTE('psql')}[ "$PGPASSWORD" = "$WANTED" ] || { echo 'password authentication failed' >&2; exit 2; }
[ -z "$PGHOSTADDR$PGSERVICE$PGSERVICEFILE" ] || { echo 'another server' >&2; exit 2; }
for query; do :; done
case $query in
  --no-password) # a statement for the new database
    printf 'statement %s\\n' "$ONE" >>"$NOTES"
    [ -z "$CANNOT_DO" ] || case $ONE in "$CANNOT_DO "*) echo 'ERROR:  must be owner' >&2; exit 3 ;; esac ;;
  *deploy_actions_drill_*'::bigint'*) echo "$LEFT" ;;
  *server_version_num*) [ -z "$POOLER" ] || { echo 17; exit; }; echo "\${SERVER:-17}yes" ;;
  *'from pg_class c'*) if [ "$PGDATABASE" = shop ]; then echo "\${TABLES:-2}"; else echo "\${LOADED:-2}"; fi ;;
  'show server_version') echo '17.2 (Debian 17.2-1.pgdg120+1)' ;;
  *pg_database_size*) echo 8000000 ;;
  *pg_shdepend*) echo 'notes reader' ;;
  *unnest*) [ -z "$MISSING" ] || echo "$MISSING" ;;
  *'from pg_database'*) [ -e "$NOTES.made" ] && echo 1 || echo "\${EXISTS:-0}" ;;
  'CREATE DATABASE'* | 'create database'*) : >"$NOTES.made" ;;
  'drop database'*) rm -f "$NOTES.made" ;;
  *) echo "a query that nobody expects: $query" >&2; exit 1 ;;
esac
`
const PG_DUMP = `[ "$1" != --version ] || { echo "pg_dump (PostgreSQL) \${CLIENT:-17}.2"; exit; }
${NOTE('pg_dump')}[ -z "$CANNOT_DUMP" ] || { echo 'pg_dump: error: permission denied for table leads' >&2; exit 1; }
for word; do case $word in --file=*) printf '%s' "\${DUMP:-PGDMP of two tables}" >"\${word#--file=}" ;; esac; done
`
const TOC = `;
; Archive created at 2026-01-31
;     dbname: shop
3382; 0 0 COMMENT - EXTENSION pgcrypto
215; 1259 16386 TABLE public leads notes
216; 1259 16390 TABLE public prices notes
3379; 0 16386 TABLE DATA public leads notes
3380; 0 16390 TABLE DATA public prices notes`
const OWN_TOC = `3388; 1262 16380 DATABASE - shop notes
3389; 0 0 COMMENT - DATABASE shop notes
3390; 0 0 ACL - DATABASE shop notes
3391; 0 0 DATABASE PROPERTIES - shop notes`
/** What pg_restore writes for these alone. */
const OWN = `SET x;
--
-- Name: shop; Type: DATABASE; Schema: -; Owner: notes
--
CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'de_DE.UTF-8';


ALTER DATABASE shop OWNER TO notes;

\\connect -reuse-previous=on "dbname='shop'"
COMMENT ON DATABASE shop IS 'it''s; "ours
GRANT ALL ON DATABASE shop TO PUBLIC;
';
ALTER DATABASE shop SET search_path TO 'a', 'public';
ALTER ROLE "od'd" IN DATABASE shop SET work_mem TO '8MB';
ALTER DATABASE shop IS_TEMPLATE = true;
REVOKE CONNECT,TEMPORARY ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO "web-1";
`
const PG_RESTORE = `${NOTE('pg_restore')}for file; do :; done
grep -q PGDMP "$file" || { echo 'pg_restore: error: input file does not appear to be a valid archive' >&2; exit 1; }
case "$*" in
  *--list*--create*) printf '%s\\n' "$LISTED" "$OWN_TOC" ;;
  *--list*) printf '%s\\n' "$LISTED" ;;
  *--create*) for word; do case $word in --use-list=*) [ "$(cat "\${word#*=}")" = "$OWN_TOC" ] && printf '%s' "$OWN" ;; esac; done ;;
  *--dbname=*) [ -z "$CANNOT_LOAD" ] || { echo 'pg_restore: error: extension "postgis" is not available' >&2; exit 1; }
    [ -z "$HANGS" ] || exec tail -f /dev/null
    for word; do case $word in --use-list=*) grep -c COMMENT "\${word#*=}" >>"$NOTES" ;; esac; done ;;
esac
`
/** age of the same library as the action's, with the words of the program. */
const AGE = `import { readFileSync, writeFileSync } from 'node:fs'
import { Decrypter, Encrypter } from '${join(root, 'node_modules/age-encryption/dist/index.js')}'
const [verb, , keys, , to, from] = process.argv.slice(2)
const lines = readFileSync(keys, 'utf8').split('\\n').filter(Boolean)
const tool = verb === '--encrypt' ? new Encrypter() : new Decrypter()
for (const line of lines) verb === '--encrypt' ? tool.addRecipient(line) : tool.addIdentity(line)
writeFileSync(to, verb === '--encrypt' ? await tool.encrypt(readFileSync(from)) : await tool.decrypt(readFileSync(from), 'uint8array'))
`

inEachShell((shell: Shell) => {
  const notes = join(shell.programs, '../notes')
  beforeEach(() => {
    const program = (name: string, text: string) => writeFileSync(join(shell.programs, name), `#!/bin/sh\n${text}`, { mode: 0o755 })
    for (const [name, text] of Object.entries({ psql: PSQL, pg_dump: PG_DUMP, pg_restore: PG_RESTORE })) program(name, text)
    writeFileSync(join(shell.programs, 'age.mjs'), AGE)
    program('age', `${NOTE('age')}exec '${process.execPath}' '${join(shell.programs, 'age.mjs')}' "$@"\n`)
    // Where curl is, whatever comes before it.
    program('curl', `${NOTE('curl')}PATH='${process.env.PATH}' exec curl "$@"\n`)
    // A twentieth of a second, whatever is asked for: an id is a second, and the sixty tries for one must come to the next.
    program('sleep', `PATH='${process.env.PATH}' exec sleep 0.05\n`)
    rmSync(join(shell.programs, 'mktemp'), { force: true })
    rmSync(join(shell.programs, 'grep'), { force: true })
    writeFileSync(notes, '')
    rmSync(`${notes}.made`, { force: true })
  })
  const inFront = (name: string, text: string) => writeFileSync(join(shell.programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  /** The disk is full when this file of the script's own is written. */
  const fullAt = (file: string) =>
    inFront('mktemp', `made=$(PATH='${process.env.PATH}' mktemp -d) && ln -s /dev/full "$made/${file}" && echo "$made"`)

  const job = (words: readonly string[], env: Readonly<Record<string, string>> = {}, started = (_child: ChildProcess) => {}) =>
    new Promise<{ code: number | null; said: string; ran: string }>((resolve, reject) => {
      const all = { ...shell.env, NOTES: notes, WANTED: PASSWORD, LISTED: TOC, OWN_TOC, OWN, ...settings(), ...env }
      const child = spawn(shell.path, [join(root, SCRIPT), ...words], { env: all, stdio: ['ignore', 'pipe', 'pipe'] })
      started(child)
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += piece))
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, said, ran: readFileSync(notes, 'utf8') }))
    })
  const made = async (env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { code, said } = await job(['create'], env)
    expect([code, said]).toEqual([0, expect.any(String)])
    return /(\d{8}T\d{6}Z) is in/.exec(said)?.[1] as string
  }
  /** As if it had been made at another time. */
  const rename = (id: string, to: string) => {
    for (const [key, held] of [...s3.objects]) {
      if (!key.includes(id)) continue
      s3.objects.delete(key)
      s3.objects.set(key.replace(id, to), {
        ...held,
        bytes: key.endsWith('.json') ? Buffer.from(held.bytes.toString().replaceAll(id, to)) : held.bytes,
      })
    }
  }

  test('a backup is one that the action lists and verifies, with its record last, all of it read back', async () => {
    const id = await made()
    const folder = `production/shop/${id}`
    expect(s3.asked).toEqual([
      'GET ?list-type=2&prefix=production%2Fshop%2F',
      ...['GET', 'PUT', 'GET'].flatMap((method) =>
        method === 'PUT' ? [`PUT ${folder}/begun`] : [`GET ${folder}/begun`, `GET ${folder}/backup.json`],
      ),
      ...[`GET ${folder}/begun`, `GET ${folder}/backup.json`],
      `PUT ${folder}/database.dump`,
      `GET ${folder}/database.dump`,
      `PUT ${folder}/backup.json`,
      `GET ${folder}/backup.json`,
      `DELETE ${folder}/begun`,
    ])
    const store = openBackups()
    const { backups, broken, leftOver } = await store.contents()
    expect([backups.map((backup) => backup.id), broken, leftOver]).toEqual([[id], [], []])
    const [backup] = backups as [(typeof backups)[number]]
    await store.verify(backup, [])
    expect(JSON.parse(backup.manifest)).toMatchObject({
      ...{ schema: 1, id, app: 'shop', service: 'url:shop', why: 'by the job', engine: 'postgresql', volumes: [] },
      ...{
        version: '17.2 (Debian 17.2-1.pgdg120+1)',
        file: 'database.dump',
        size: 19,
        tables: 2,
        roles: 'notes reader',
        database_size: 8000000,
      },
    })
    expect(s3.text(`${folder}/backup.json`)).toBe(`${JSON.stringify(JSON.parse(s3.text(`${folder}/backup.json`)), null, 2)}\n`)
  })

  test('neither the password nor a key is an argument of anything, or said', async () => {
    const id = await made()
    const { ran, said } = await job(['restore', id, '--into', 'shop_back'])
    expect(ran).toMatch(/^curl .*\/backups\/production\/shop\//m)
    for (const secret of [PASSWORD, 'p%40ss', s3.secretKey, s3.accessKey]) expect(`${ran}${said}`).not.toContain(secret)
  })

  test('when the backup counts, the command takes its place, with the address and without a key of the store', async () => {
    const words = [
      'create',
      '--',
      'sh',
      '-c',
      `echo "migrating with $# $DATABASE_URL \${BACKUP_S3_SECRET_KEY:-no key} \${PGPASSWORD:-no password}"; exit 7`,
      'x',
      'a b',
    ]
    const { code, said } = await job(words, { BACKUP_AGE_KEY: 'none' })
    expect([code, said]).toEqual([7, expect.stringMatching(/was read back.*\nmigrating with 1 postgresql:.* no key no password\n$/)])
    const records = [...s3.objects.keys()].filter((key) => key.endsWith('backup.json'))
    expect(records.map((key) => s3.text(key))).toEqual([expect.stringContaining('before a command')])
  })

  test.each<[string, Record<string, string>, RegExp]>([
    [
      'an older client',
      { CLIENT: '16' },
      /^DA-BACKUP-CLIENT: this image has the programs of PostgreSQL 16, and the server is PostgreSQL 17/m,
    ],
    ['a newer client', { SERVER: '16' }, /^DA-BACKUP-CLIENT: .*PostgreSQL 17, and the server is PostgreSQL 16/m],
    ['a pooler', { POOLER: 'yes' }, /^DA-BACKUP-CONNECT: .*pooler/m],
    ['another password', { WANTED: 'other' }, /^DA-BACKUP-CONNECT: .*password authentication failed/m],
    ['a table that may not be read', { CANNOT_DUMP: 'yes' }, /^DA-BACKUP-FAILED: .*permission denied for table leads/m],
    ['a dump that cannot be read back', { DUMP: 'half' }, /^DA-BACKUP-BROKEN: .*valid archive/m],
    ['a dump without tables', { LISTED: '; nothing' }, /^DA-BACKUP-BROKEN: .*no table/m],
    ['another secret key', { BACKUP_S3_SECRET_KEY: 'wrong' }, /^DA-STORE-REFUSED: .*\(status 403, SignatureDoesNotMatch\)/m],
    ['another region', { BACKUP_S3_REGION: 'fra1' }, /^DA-STORE-REFUSED: .*AuthorizationHeaderMalformed/m],
    ['a bucket that is not there', { BACKUP_S3_BUCKET: 'others' }, /^DA-STORE-REFUSED: .*NoSuchBucket/m],
    ['no key', { BACKUP_S3_SECRET_KEY: '' }, /^DA-INPUT-INVALID: BACKUP_S3_SECRET_KEY is not set/m],
    [
      'a key with a line end',
      { BACKUP_S3_SECRET_KEY: 'a"\noutput = "x' },
      /^DA-INPUT-INVALID: BACKUP_S3_SECRET_KEY has more than one line/m,
    ],
    ['an app with a path', { BACKUP_APP: '../other' }, /^DA-INPUT-INVALID: BACKUP_APP/m],
    ['a prefix with a way out', { BACKUP_S3_PREFIX: 'a/../b' }, /^DA-INPUT-INVALID: BACKUP_S3_PREFIX/m],
    ['an endpoint with a path', { BACKUP_S3_ENDPOINT: 'https://store/backups' }, /^DA-INPUT-INVALID: BACKUP_S3_ENDPOINT/m],
    ['no address', { DATABASE_URL: '' }, /^DA-BACKUP-URL: DATABASE_URL is not set/m],
    ['an address of something else', { DATABASE_URL: 'mysql://a:b@c/d' }, /^DA-BACKUP-URL: DATABASE_URL does not begin with postgresql/m],
    [
      'the pool of the provider',
      { DATABASE_URL: 'postgresql://a:b@x.ondigitalocean.com:25061/d' },
      /^DA-BACKUP-URL: .*pool at DigitalOcean/m,
    ],
  ])('%s stops it, and what was to follow', async (_what, env, message) => {
    const { code, said } = await job(['create', '--', 'echo', 'migrating'], env)
    expect([code, said]).toEqual([1, expect.stringMatching(message)])
    expect(said).not.toContain('migrating')
    expect(s3.objects.size).toBe(0)
  })

  test.each<[string, RegExp, number, S3Fault, RegExp]>([
    [
      'what comes back is not what went',
      /GET .*database\.dump/,
      1,
      'changed',
      /^DA-STORE-BROKEN: .*database\.dump is not what was uploaded/m,
    ],
    ['the record comes back changed', /GET .*backup\.json/, 4, 'changed', /^DA-STORE-BROKEN: .*backup\.json is not/m],
    [
      'the store is full',
      /PUT .*database\.dump/,
      1,
      { status: 403, code: 'QuotaExceeded' },
      /^DA-STORE-REFUSED: .*take production\/shop\/.*QuotaExceeded/m,
    ],
  ])('when %s nothing follows, and nothing of it stays', async (_what, fits, at, fault, message) => {
    let asked = 0
    s3.faults = ({ method, key }) => (fits.test(`${method} ${key}`) && ++asked >= at ? fault : undefined)
    const { code, said } = await job(['create', '--', 'echo', 'migrating'])
    expect([code, said]).toEqual([1, expect.stringMatching(message)])
    expect([said.includes('migrating'), [...s3.objects.keys()]]).toEqual([false, []])
  })

  test('a store that is away for a moment is asked again', async () => {
    let left = 1
    s3.faults = ({ method }) => (method === 'PUT' && left-- > 0 ? { status: 503, code: 'SlowDown' } : undefined)
    await made()
  })

  test('a database with no tables has nothing to back up, and the command goes on', async () => {
    const { code, said } = await job(['create', '--', 'echo', 'migrating'], { TABLES: '0' })
    expect([code, said, s3.objects.size]).toEqual([0, expect.stringMatching(/has no tables: nothing to back up\nmigrating\n$/), 0])
  })

  test('a database that has lost all of its tables stops it, until somebody says that this is right', async () => {
    rename(await made(), ID)
    const create = (env: Record<string, string>) => job(['create', '--', 'echo', 'migrating'], { TABLES: '0', ...env })
    const { code, said } = await create({})
    expect([code, said]).toEqual([
      1,
      expect.stringMatching(
        `DA-BACKUP-SHRUNK: the database shop has no tables, and its last backup \\(${ID}\\) had 2\\..*BACKUP_SMALLER_THAN=${ID}`,
      ),
    ])
    expect(said).not.toContain('migrating')
    expect(await create({ BACKUP_SMALLER_THAN: ID })).toMatchObject({
      code: 0,
      said: expect.stringMatching(/nothing to back up\nmigrating\n$/),
    })
    // Of another database nothing has been lost.
    expect(await create({ DATABASE_URL: URL_OF('blog'), LOADED: '0' })).toMatchObject({ code: 0 })
  })

  test('two that begin at once make two backups, each of its own id', async () => {
    const ids = await Promise.all([made(), made({ DATABASE_URL: URL_OF('blog') }), made()])
    expect(new Set(ids).size).toBe(3)
    const { backups, broken } = await openBackups().contents()
    expect([backups.map(({ id }) => id), broken]).toEqual([[...ids].sort(), []])
    await Promise.all(backups.map((backup) => openBackups().verify(backup, [])))
    expect([...s3.objects.keys()].filter((key) => key.endsWith('begun'))).toEqual([])
  })

  /** Somebody else claims the id right before the request of that number, and has a dump there already. */
  const claimedByAnother = (fits: RegExp, at: number, fault?: S3Fault) => {
    let [asked, taken] = [0, '']
    s3.faults = ({ method, key }) => {
      if (!fits.test(`${method} ${key}`) || ++asked !== at) return undefined
      taken = key.replace(/\/[^/]*$/, '')
      for (const name of ['begun', 'database.dump', 'backup.json']) {
        if (name !== 'backup.json' || fault !== undefined)
          s3.objects.set(`${taken}/${name}`, { bytes: Buffer.from('theirs'), modified: new Date() })
      }
      return fault
    }
    return () =>
      [...s3.objects].filter(([key]) => key.startsWith(`${taken}/`)).map(([key, { bytes }]) => `${key.split('/').pop()} ${bytes}`)
  }

  test.each([
    ['a moment later', 2],
    ['while it dumps', 3],
  ])('whose claim of an id is written over %s takes another one, and leaves that one alone', async (_when, at) => {
    const theirs = claimedByAnother(/GET .*begun/, at)
    const id = await made()
    expect(theirs()).toEqual(['begun theirs', 'database.dump theirs'])
    await openBackups().verify(await openBackups().find(id), [])
  })

  test('what fails takes nothing away from whoever has the id by then', async () => {
    const theirs = claimedByAnother(/PUT .*database\.dump/, 1, { status: 403, code: 'QuotaExceeded' })
    expect(await job(['create'])).toMatchObject({ code: 1, said: expect.stringContaining('QuotaExceeded') })
    expect(theirs()).toEqual(['begun theirs', 'database.dump theirs', 'backup.json theirs'])
  })

  test('an address that answers everything with 200 is no store', async () => {
    s3.faults = () => ({ status: 200, code: 'Welcome' })
    expect(await job(['create'])).toMatchObject({
      code: 1,
      said: expect.stringMatching(/DA-STORE-REFUSED: .*does not answer as an S3 store/),
    })
  })

  test.each(['list', 'claim', 'manifest.json', 'backup.json', 'recipients'])('a full disk at its file %s stops it', async (file) => {
    fullAt(file)
    const key = await identityToRecipient(await generateIdentity())
    const { code, said } = await job(['create', '--', 'echo', 'migrating'], file === 'recipients' ? { BACKUP_ENCRYPT_TO: key } : {})
    expect([code, said]).toEqual([1, expect.stringMatching(/^DA-BACKUP-WRITE: .*full/m)])
    expect([said.includes('migrating'), [...s3.objects.keys()]]).toEqual([false, []])
  })

  test('half of what the last backup had stops it, until somebody says that this is right', async () => {
    const last = await made({ DUMP: `PGDMP ${'x'.repeat(70_000)}` })
    rename(last, ID)
    const { code, said } = await job(['create'])
    expect([code, said]).toEqual([1, expect.stringMatching(`DA-BACKUP-SHRUNK: .*say so: BACKUP_SMALLER_THAN=${ID}`)])
    const id = await made({ BACKUP_SMALLER_THAN: ID })
    expect(s3.text(`production/shop/${id}/backup.json`)).toContain('\\"smaller\\": \\"yes\\"')
  })

  test('encrypted for a key, the action opens it with that key, and so does a restore here', async () => {
    const key = await generateIdentity()
    const id = await made({
      BACKUP_ENCRYPT_TO: `${await identityToRecipient(key)}\n${await identityToRecipient(await generateIdentity())}`,
    })
    expect(s3.text(`production/shop/${id}/database.dump.age`)).not.toContain('PGDMP')
    const store = openBackups()
    await store.verify(await store.find(id), [key])
    expect((await job(['restore', id, '--into', 'back'])).said).toMatch(/DA-BACKUP-ENCRYPTED: .*BACKUP_AGE_KEY is not set/)
    expect((await job(['restore', id, '--into', 'back'], { BACKUP_AGE_KEY: await generateIdentity() })).said).toMatch(
      /DA-BACKUP-ENCRYPTED: /,
    )
    expect(await job(['restore', id, '--into', 'back'], { BACKUP_AGE_KEY: key })).toMatchObject({ code: 0 })
  })

  test('a restore makes a database like the one of the dump, all or nothing, and leaves comments on extensions out', async () => {
    const id = await made()
    const { code, said, ran } = await job(['restore', id, '--into', 'shop_back'])
    expect([code, said]).toEqual([0, expect.stringContaining('is restored into the database shop_back, with 2 tables')])
    expect(ran).toContain(`CREATE DATABASE "shop_back" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'de_DE.UTF-8'`)
    expect(ran).toMatch(/pg_restore .*--single-transaction .*--dbname=shop_back .*\n0\n/)
  })

  test('a restored database has owner and rights of the old one before anything is in it, then its settings', async () => {
    const { ran, said } = await job(['restore', await made(), '--into', 'shop_back'])
    const [before = '', after = ''] = ran.slice(ran.indexOf('CREATE DATABASE')).split(/pg_restore .*--dbname=.*\n/)
    const statements = (text: string) =>
      text
        .split(/^(?:statement|psql|curl|0$)/m)
        .filter((one) => one.endsWith(';\n'))
        .map((one) => one.trim())
    expect(statements(before)).toEqual([
      `CREATE DATABASE "shop_back" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'de_DE.UTF-8';`,
      'ALTER DATABASE "shop_back" OWNER TO notes;',
      'REVOKE CONNECT,TEMPORARY ON DATABASE "shop_back" FROM PUBLIC;',
      'GRANT CONNECT ON DATABASE "shop_back" TO "web-1";',
    ])
    expect(statements(after)).toEqual([
      `COMMENT ON DATABASE "shop_back" IS 'it''s; "ours\nGRANT ALL ON DATABASE shop TO PUBLIC;\n';`,
      `ALTER DATABASE "shop_back" SET search_path TO 'a', 'public';`,
      `ALTER ROLE "od'd" IN DATABASE "shop_back" SET work_mem TO '8MB';`,
    ])
    expect(said).not.toContain('warning: not done')
  })

  test('rights for the schema public come before the tables, whose owners may need them', async () => {
    const LISTED = `${TOC}\n3400; 0 0 ACL - SCHEMA public pg_database_owner`
    const { code, ran } = await job(['restore', await made({ LISTED }), '--into', 'shop_back'], { LISTED })
    expect([code, ran.match(/--use-list=\S*\/(\w+) --dbname/g)?.map((one) => /\/(\w+) /.exec(one)?.[1])]).toEqual([0, ['public', 'use']])
  })

  test('the name of a database that has to be quoted is found', async () => {
    const [LISTED, own] = [TOC.replace('dbname: shop', 'dbname: my-shop.v2'), OWN.replaceAll(/DATABASE shop /g, 'DATABASE "my-shop.v2" ')]
    const { ran } = await job(['restore', await made(), '--into', 'shop_back'], { LISTED, OWN: own })
    expect(ran).toContain('CREATE DATABASE "shop_back" WITH TEMPLATE')
    expect(ran).toContain('statement REVOKE CONNECT,TEMPORARY ON DATABASE "shop_back" FROM PUBLIC;')
  })

  test('what this user may not do for the new database is told, and it is restored all the same; but never with wider rights', async () => {
    const id = await made()
    const restore = (CANNOT_DO: string) => job(['restore', id, '--into', 'other'], { CANNOT_DO })
    expect(await restore('REVOKE')).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /DA-BACKUP-RIGHTS: who was kept out .* cannot be kept out of other, and the database other is gone again: .*must be owner/,
      ),
      ran: expect.not.stringContaining('--dbname'),
    })
    expect(await restore('ALTER')).toMatchObject({
      code: 0,
      said: expect.stringMatching(/warning: not done in the new database: ALTER DATABASE "other" OWNER: ERROR: +must be owner/),
    })
  })

  test.each([
    ['that grep tells', 2],
    ['that nobody tells', 0],
  ])('a disk that is full, in a way %s, loads nothing', async (_how, code) => {
    const id = await made()
    inFront(
      'grep',
      `case "$*" in -v*COMMENT*) echo '215; 1259 16386 TABLE public leads notes'; exit ${code} ;; esac\nPATH='${process.env.PATH}' exec grep "$@"`,
    )
    const ended = await job(['restore', id, '--into', 'other'])
    expect([ended.code, ended.said]).toEqual([1, expect.stringMatching(/DA-BACKUP-WRITE: /)])
    expect(ended.ran).not.toMatch(/create database|CREATE DATABASE|--dbname/)
  })

  test('after all was loaded into a database that was there, nobody says that nothing came', async () => {
    const { code, said } = await job(['restore', await made(), '--into', 'other'], { EXISTS: '1', LOADED: '0' })
    expect([code, said]).toEqual([
      1,
      expect.stringMatching(/DA-BACKUP-RESTORE: all of \S+ was loaded into other, and it has 0 tables in place of 2/),
    ])
  })

  test('a drill that is stopped drops what it made, at once', async () => {
    await made()
    const { code, ran } = await job(['drill'], { HANGS: 'yes' }, (child) => {
      const watching = setInterval(() => {
        if (existsSync(notes) && readFileSync(notes, 'utf8').includes('--dbname')) child.kill('SIGTERM')
      }, 50)
      child.once('close', () => clearInterval(watching))
    })
    expect([code, ran]).toEqual([143, expect.stringMatching(/drop database if exists "deploy_actions_drill_/)])
    expect(shell.run('ls -A "$TMPDIR"').stdout).toBe('')
  })

  test('a drill drops what one that was killed has left', async () => {
    await made()
    const { code, said, ran } = await job(['drill'], { LEFT: 'deploy_actions_drill_1700000000_7' })
    expect([code, said]).toEqual([0, expect.stringContaining('dropped deploy_actions_drill_1700000000_7, which a drill had left')])
    expect(ran).toContain('drop database "deploy_actions_drill_1700000000_7"')
  })

  test('a record that goes while it is read is passed over', async () => {
    rename(await made(), ID)
    rename(await made(), '20260130T093000Z')
    s3.faults = ({ method, key }) =>
      method === 'GET' && key.endsWith(`${ID}/backup.json`) ? { status: 404, code: 'NoSuchKey' } : undefined
    expect(await job(['list'])).toMatchObject({ code: 0, said: expect.stringMatching(/^20260130T093000Z /m) })
    expect(await job(['drill'])).toMatchObject({ code: 0, said: expect.stringContaining('20260130T093000Z was restored') })
    await made()
  })

  test('a backup of a time to come is not the newest one', async () => {
    rename(await made({ DUMP: `PGDMP ${'x'.repeat(70_000)}` }), '29990101T000000Z')
    const id = await made()
    expect(await job(['drill'])).toMatchObject({ code: 0, said: expect.stringContaining(`${id} was restored`) })
  })

  test('a database of partitions that are not there yet is backed up', async () => {
    await made({
      LISTED: TOC.split('\n')
        .filter((line) => !line.includes('TABLE DATA'))
        .join('\n'),
    })
  })

  test('variables of PostgreSQL that name another server do not count; the command has them, and its language', async () => {
    const env = { PGHOSTADDR: '192.0.2.1', PGSERVICE: 'other', PGSERVICEFILE: '/srv/pg_service.conf', LC_ALL: 'C.UTF-8' }
    const { code, said } = await job(['create', '--', 'sh', '-c', 'echo "$PGHOSTADDR $PGSERVICE $LC_ALL"'], env)
    expect([code, said]).toEqual([0, expect.stringMatching(/\n192\.0\.2\.1 other C\.UTF-8\n$/)])
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['into a database with tables', { EXISTS: '1' }, /DA-BACKUP-CONFIRM: the database other has tables/],
    ['without a role', { MISSING: 'reader' }, /DA-BACKUP-ROLES: .*create role "reader"/],
    ['without an extension', { CANNOT_LOAD: 'yes' }, /DA-BACKUP-RESTORE: .*the database other is gone again: pg_restore: error: .*postgis/],
    ['with tables missing', { LOADED: '1' }, /DA-BACKUP-RESTORE: .*1 tables in place of 2/],
    ['of another app', { BACKUP_APP: 'blog' }, /DA-BACKUP-UNKNOWN: .*below production\/blog/],
  ])('a restore %s changes nothing, and says why', async (_what, env, message) => {
    const id = await made()
    const { code, said, ran } = await job(['restore', id, '--into', 'other'], env)
    expect([code, said]).toEqual([1, expect.stringMatching(message)])
    expect(ran.match(/create database/gi)?.length ?? 0).toBe(ran.match(/drop database/g)?.length ?? 0)
  })

  test('a copy that is damaged in the store is not loaded', async () => {
    const id = await made()
    s3.objects.set(`production/shop/${id}/database.dump`, { bytes: Buffer.from('PGDMP of two tableX'), modified: new Date() })
    const { code, said, ran } = await job(['restore', id, '--into', 'other'])
    expect([code, said]).toEqual([1, expect.stringMatching(/DA-BACKUP-BROKEN: .*sha256 differs/)])
    expect(ran).not.toContain('--dbname')
  })

  test('a backup of another app in this place is not loaded', async () => {
    const id = await made()
    const key = `production/shop/${id}/backup.json`
    s3.objects.set(key, { bytes: Buffer.from(s3.text(key).replace('"app": "shop"', '"app": "blog"')), modified: new Date() })
    expect(await job(['restore', id, '--into', 'other'])).toMatchObject({
      code: 1,
      said: expect.stringMatching(/DA-BACKUP-OTHER: .*the app blog/),
    })
  })

  test('the manifest is one that the agent of hosts reads: what it is of, and that the dump is whole', async () => {
    const id = await made()
    const { manifest } = await openBackups().find(id)
    mkdirSync(join(shell.programs, '../backups', id), { recursive: true })
    const write = (file: string, text: string) => writeFileSync(join(shell.programs, '../backups', id, file), text)
    write('manifest.json', manifest)
    write('database.dump', s3.text(`production/shop/${id}/database.dump`))
    const asked = `backups='${join(shell.programs, '../backups')}'; backup_ids url:shop; manifest_value ${id} tables; volumes_in ${id}; backup_sums ${id} | wc -l`
    expect(shell.run(`${asked}; check_files ${id} && echo whole`).stdout.trim().split(/\s+/)).toEqual([id, '2', '1', 'whole'])
    write('database.dump', 'something else')
    expect(shell.run(`${asked}; check_files ${id} && echo whole`).stdout).not.toContain('whole')
  })

  test('list shows all of them over pages, and a drill takes the newest of this database and drops what it made', async () => {
    rename(await made(), '20260130T093000Z')
    rename(await made(), ID)
    rename(await made({ DATABASE_URL: URL_OF('blog'), LOADED: '2' }), '20260201T093000Z')
    const { said } = await job(['list'])
    expect(said.match(/^\d{8}T\d{6}Z +url:\w+ +19 false +by the job$/gm)).toHaveLength(3)
    const drill = await job(['drill'])
    expect([drill.code, drill.said]).toEqual([
      0,
      expect.stringContaining(`${ID} was restored with 2 tables, and the scratch database is dropped`),
    ])
    expect(drill.ran).toMatch(/drop database if exists "deploy_actions_drill_/)
  })

  test('a list that cannot be had is an error and no empty list', async () => {
    s3.faults = () => ({ status: 403, code: 'AccessDenied' })
    expect(await job(['list'])).toMatchObject({ code: 1, said: expect.stringMatching(/DA-STORE-REFUSED: .*refuses to list/) })
    expect(await job(['drill'])).toMatchObject({ code: 1 })
  })

  test.each([[[]], [['dump']], [['create', 'now']], [['create', '--']], [['restore', ID]], [['list', 'all']]])(
    '%j is answered with the usage',
    async (words) => {
      expect(await job(words)).toMatchObject({ code: 2, said: expect.stringMatching(/^database-backup create \[-- COMMAND…\]/) })
    },
  )

  test('nothing is left on the disk, however it ended', async () => {
    for (const env of [{}, { CANNOT_DUMP: 'yes' }, { BACKUP_S3_SECRET_KEY: 'wrong' }] as Record<string, string>[])
      await job(['create'], env)
    expect(shell.run('ls -A "$TMPDIR"').stdout).toBe('')
  })
})

test('what the job shares with the agent of hosts is the same, word for word', () => {
  const job = read(SCRIPT)
  const part = (name: string) => read(`packages/agent/src/sh/${name}`)
  const pieceOf = (text: string, begin: string, end: string) =>
    text.slice(text.indexOf(begin), text.indexOf(end, text.indexOf(begin)) + end.length)
  const address = pieceOf(part('79-address-awk.sh'), "address_parser='", "\n}'")
  const tables = pieceOf(part('79-backup.sh'), 'count_tables="', "'e')\"")
  const roles = pieceOf(part('79-backup.sh'), 'select coalesce(string_agg(role', "!~ '^pg_'\" ").trimEnd()
  const listed = pieceOf(part('79-backup.sh'), 'listed_tables() {', '\n}').replace('$run/backup.list', '$work/list')
  for (const piece of [address, tables, roles, listed]) expect([piece.length > 100, job.includes(piece)]).toEqual([true, true])
})
