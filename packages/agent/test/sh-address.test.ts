import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

const RELEASE = '20260131T093000Z-1a2b3c4-1.1'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder().release(RELEASE, {}, ['web keep image 1 always - - - prepare - -']).history(RELEASE)
  mkdirSync(join(app.path, 'backups'))
})
afterEach(() => app.remove())

inEachShell((shell) => {
  /** The variables that come out of a URL, or what is said against it. */
  const parsed = (url: string) => {
    const lines = shell.run('printf %s "$URL" | awk "$address_parser"', { URL: url, LC_ALL: 'C' }).stdout.trim().split('\n')
    return Object.fromEntries(lines.map((line) => (line.startsWith('!') ? ['refused', line.slice(1)] : line.split(/=(.*)/s).slice(0, 2))))
  }

  test('an address is what libpq makes of it: decoded, with its own defaults, a driver left out', () => {
    expect(
      parsed('postgresql+asyncpg://shop:p%40ss%3Aw%25rd%C3%A9@db.example:25060/shop?ssl=require&schema=public&application_name=web'),
    ).toEqual({
      ...{ PGHOST: 'db.example', PGPORT: '25060', PGUSER: 'shop', POSTGRES_USER: 'shop', PGPASSWORD: 'p@ss:w%rdé' },
      ...{ PGDATABASE: 'shop', POSTGRES_DB: 'shop', PGSSLMODE: 'require', PGCONNECT_TIMEOUT: '10' },
      PGOPTIONS: '-c deploy_actions.direct=yes',
    })
    expect(parsed('postgres://shop@[::1]')).toMatchObject({ PGHOST: '::1', PGPORT: '5432', PGDATABASE: 'shop' })
    expect(parsed('postgres://shop@a,b:5433/x?options=-c%20geqo%3Doff&connect_timeout=3')).toMatchObject({
      ...{ PGHOST: 'a,b', PGPORT: '5432,5433', PGTARGETSESSIONATTRS: 'read-write', PGCONNECT_TIMEOUT: '3' },
      PGOPTIONS: '-c geqo=off -c deploy_actions.direct=yes',
    })
  })

  test.each<[string, RegExp]>([
    ['', /is empty/],
    ['mysql://a:secret@h/x', /does not begin with postgresql:/],
    ['postgres://a:sec@ret@h/x', /@ is written %40/],
    ['postgres://a:sec/ret@h/x', /@ is written %40/],
    ['postgres://a:secret%4@h/x', /a plain one is written %25/],
    ['postgres://a:secret%0A@h/x', /cannot be written/],
    ['postgres://:secret@h/x', /names no user/],
    ['postgres://a:secret@/x', /names no host/],
    ['postgres://a:secret@h/x?host=/run/postgresql', /Unix socket/],
    ['postgres://a:secret@h/a%20b', /names a database that is not called by/],
    [`postgres://a:secret@h/${'x'.repeat(41)}`, /up to 40/],
    ['postgres://a:secret@h/x?sslmode=maybe', /sslmode/],
    ['postgres://a:secret@h/x?service=other', /not known here \(service\)/],
    ['postgres://a:secret@h/x?pgbouncer=true', /pooler/],
    ['postgres://a:secret@c.b.db.ondigitalocean.com:25061/x', /port of the server is 25060/],
    ['postgres://a:secret@h/x\npostgres://b', /cannot be written|more than one line/],
  ])('%j is refused, and no part of a password is said', (url, why) => {
    const { refused, ...rest } = parsed(url)
    expect(refused).toMatch(why)
    expect([/secret|sec@|ret/.test(refused ?? ''), Object.keys(rest).filter((name) => name === 'PGHOST')]).toEqual([false, []])
  })

  /** A Docker with two containers of the app, and a client that is made of any image: what its programs print, by a pattern. */
  const docker = (answers: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = { c1: URL, c2: '' }) => {
    rmSync(join(shell.env.TMPDIR as string, 'calls'), { force: true })
    const cases = Object.entries(answers).map(([pattern, does]) => `  *'${pattern}'*) ${does} ;;`)
    const envs = Object.entries(env).map(([id, url]) => `  *Config.Env*" ${id}") echo PATH=/bin; printf '%s\\n' '${url}' ;;`)
    const text = `#!/bin/sh
printf '%s\\n' "$*" >>$TMPDIR/calls
case "$*" in
  ps\\ *) echo 'c1|shop|web|running|False|shop-web-1||||'; echo 'c2|shop|worker|running|False|shop-worker-1||||' ;;
  *NetworkSettings*) echo shop_default; echo shared ;;
  *ExtraHosts*) echo host.docker.internal:host-gateway ;;
  *compose.service*) echo worker ;;
${[...envs, ...cases].join('\n')}
  image\\ inspect*|rm\\ *|network\\ connect*|exec\\ *select\\ 1*) ;;
  run\\ *) cp "$(printf '%s\\n' "$*" | sed 's/.*--env-file \\([^ ]*\\) .*/\\1/')" $TMPDIR/env-file ;;
  *) echo "what is $*" >&2; exit 9 ;;
esac
`
    writeFileSync(join(shell.programs, 'docker'), text)
    chmodSync(join(shell.programs, 'docker'), 0o755)
  }
  const URL = 'DATABASE_URL=postgresql://shop:pass%20word@db:5432/shop?sslmode=require'
  const calls = () =>
    readFileSync(join(shell.env.TMPDIR as string, 'calls'), 'utf8')
      .trim()
      .split('\n')
  const on = (code: string) =>
    shell.run(
      `guard_container() { :; }; in_session=yes; app=shop; app_dir=${app.path}; open_run; has_lock=yes; load_current; ${code}; echo "ended $?"`,
    ).stdout
  const open = (verb: string, more = '') => on(`url_variable=DATABASE_URL; ${more} service=''; open_for ${verb}`)
  const asked = (version: string, client = version) => ({
    'deploy_actions.direct': `echo ${version}yes`,
    'pg_dump --version': `echo 'pg_dump (PostgreSQL) ${client}.3'`,
  })
  const images = () => calls().flatMap((call) => /^run .* --entrypoint sh ([^ ]+)/.exec(call)?.[1] ?? [])
  const isGone = () => [calls().at(-1), existsSync(join(app.path, 'backup.client'))]

  test('the client stands on the networks of the app, with the address in its environment and in no argument, and goes with the run', () => {
    docker(asked('16'))
    expect(open('create', 'url_image=postgres:16;')).toContain('ended 0')
    const run = calls().find((call) => call.startsWith('run ')) ?? ''
    for (const word of [
      '--network shared',
      '--add-host host.docker.internal:host-gateway',
      '--pull never',
      'deploy-actions.app=shop',
      '--rm',
    ])
      expect(run).toContain(word)
    expect(calls().filter((call) => call.startsWith('network'))).toEqual([
      expect.stringMatching(/^network connect shop_default shop-client-/),
    ])
    expect(readFileSync(join(shell.env.TMPDIR as string, 'env-file'), 'utf8')).toMatch(/^PGPASSWORD=pass word$/m)
    expect(calls().join('\n')).not.toMatch(/pass.*word/)
    expect(isGone()).toEqual([expect.stringMatching(/^rm -f -v shop-client-/), false])
  })

  test('without an image the server says which one: the likely one asks, and stays where it is right', () => {
    docker(asked('16', '17'))
    expect(open('create')).toContain('DA-BACKUP-CLIENT postgres:16-alpine has PostgreSQL 17, and the server is PostgreSQL 16')
    expect(images()).toEqual(['postgres:17-alpine', 'postgres:16-alpine'])
    app.write({ 'backups/20260101T000000Z/manifest.json': '{\n  "service": "url:shop",\n  "version": "16.3",\n  "sha256": "x"\n}\n' })
    docker(asked('16'))
    expect(open('create')).toContain('ended 0')
    expect(images()).toEqual(['postgres:16-alpine'])
  })

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['a client of another version', asked('16', '15'), 'DA-BACKUP-CLIENT postgres:x has PostgreSQL 15, and the server is PostgreSQL 16'],
    [
      'an image without programs',
      { ...asked('16'), 'pg_dump --version': 'exit 127' },
      'DA-BACKUP-CLIENT there is no pg_dump in postgres:x',
    ],
    [
      'a pooler that drops options',
      { 'deploy_actions.direct': 'echo 16' },
      'DA-BACKUP-CONNECT the address of the database is that of a pooler',
    ],
    [
      'a pooler that refuses options',
      { 'deploy_actions.direct': "echo 'FATAL:  unsupported startup parameter: options' >&2; exit 2" },
      'DA-BACKUP-CONNECT the address of the database is that of a pooler',
    ],
    [
      'a password that is wrong',
      { 'deploy_actions.direct': `echo 'FATAL:  password authentication failed for user "shop"' >&2; exit 2` },
      'DA-BACKUP-CONNECT the server does not take the user with this password: FATAL:',
    ],
    [
      'a container that does not start',
      { 'run -d': 'echo "no such network" ; exit 125' },
      'DA-BACKUP-CLIENT no container of postgres:x could be started on this host: no such network',
    ],
  ])('%s: it is said, and the client is gone', (_what, wrong, said) => {
    docker(wrong)
    const told = open('create', 'url_image=postgres:x;')
    expect(told).toContain(said)
    expect([told.includes('ended 1'), ...isGone()]).toEqual([true, expect.stringMatching(/^rm -f -v shop-client-/), false])
  })

  test('for a restore another database of the server is asked, the first that lets the user in', () => {
    const refusing = `case "$*" in *template1) echo 'FATAL:  no pg_hba.conf entry for host' >&2; exit 2 ;; *) echo 16yes ;; esac`
    docker({ ...asked('16'), 'deploy_actions.direct': refusing })
    expect(open('restore', 'url_image=postgres:16; trap \'echo maintenance "$maintenance"\' USR2;')).toContain('ended 0')
    expect(
      calls()
        .filter((call) => call.includes('deploy_actions.direct'))
        .map((call) => call.split(' ').at(-1)),
    ).toEqual(['template1', 'postgres'])
  })

  test('localhost is this host; dumps are read with no server at all', () => {
    docker(asked('16'), { c1: 'DATABASE_URL=postgres://shop:x@localhost/shop' })
    expect(open('verify')).toContain('ended 0')
    expect(calls().find((call) => call.startsWith('run '))).toContain('--network host')
    expect(calls().filter((call) => call.includes('deploy_actions.direct'))).toEqual([])
  })

  test('a certificate that the address names comes out of the container of the app', () => {
    const url = 'postgres://shop:x@db/shop?sslmode=verify-full&sslrootcert=/etc/ca.crt'
    docker(
      { ...asked('16'), 'cp -L': 'echo certificate >"$4"', ':/tmp/deploy-actions-root.crt': 'cat "$2" >$TMPDIR/copied' },
      { c1: `DATABASE_URL=${url}`, c2: '' },
    )
    expect(open('create')).toContain('ended 0')
    expect(calls()).toContainEqual(expect.stringMatching(/^cp -L c1:\/etc\/ca\.crt /))
    expect(readFileSync(join(shell.env.TMPDIR as string, 'copied'), 'utf8')).toBe('certificate\n')
    expect(readFileSync(join(shell.env.TMPDIR as string, 'env-file'), 'utf8')).toMatch(/^PGSSLROOTCERT=\/tmp\/deploy-actions-root\.crt$/m)
    expect(on(`printf %s '${url}' >$run/url; url_file=$run/url; service=''; open_for create`)).toContain(
      'DA-BACKUP-URL the address of the database names a certificate in a file (/etc/ca.crt)',
    )
  })

  test('a variable that is nowhere, or not the same everywhere, is refused; its service tells which is meant', () => {
    const other = { c1: URL, c2: 'DATABASE_URL=postgres://shop:x@other/shop' }
    docker(asked('16'), { c1: '', c2: '' })
    expect(open('create')).toContain('DA-BACKUP-URL no container of the app has DATABASE_URL in its environment')
    docker(asked('16'), other)
    expect(open('create')).toContain(
      'DA-BACKUP-URL DATABASE_URL is not the same in all containers of the app: name the service whose one is meant, such as worker:DATABASE_URL',
    )
    docker(asked('16'), other)
    expect(open('create', 'url_variable=worker:DATABASE_URL;')).toContain('ended 0')
    expect(readFileSync(join(shell.env.TMPDIR as string, 'env-file'), 'utf8')).toMatch(/^PGHOST=other$/m)
  })

  test('a client that a killed run left goes with the next run; what a restore was given is there for it, and for its owner alone', () => {
    docker({})
    app.write({ 'backup.client': 'shop-client-abcdefgh' })
    on('settle')
    expect(isGone()).toEqual(['rm -f -v shop-client-abcdefgh', false])
    docker(asked('16'))
    on(
      'url_variable=DATABASE_URL; url_image=postgres:16; open_for restore; begin_loading "$service" shop_restore_x shop old 20260101T000000Z',
    )
    expect(app.read('restore.client')).toMatch(/^PGPASSWORD=pass word$[\s\S]*^#image postgres:16$/m)
    expect(shell.run(`stat -c %a ${app.path}/restore.client`).stdout.trim()).toBe('600')
    docker({ ...asked('16'), psql: 'echo' })
    expect(on('settle')).toContain('ended 0')
    expect(calls().join('\n')).toMatch(/application_name = 'deploy-actions-restore-[^']+'[\s\S]*drop database if exists "shop_restore_x"/)
    expect([...isGone(), existsSync(join(app.path, 'restore.client')), existsSync(join(app.path, 'restore.running'))]).toEqual([
      ...[expect.stringMatching(/^rm -f -v shop-client-/), false],
      ...[false, false],
    ])
  })

  test('for a runner: the address that it has sent, or the variable that it names where no service is PostgreSQL', () => {
    const create = (request: string, url = '') =>
      on(
        `make_backup() { echo "made $1 $client_image"; backup_id=nothing-to-back-up; }; mkdir $run/backup; printf '${request}' >$run/backup/request; printf %s '${url}' >$run/backup/database-url; backup_for_runner create`,
      )
    docker(asked('16'))
    expect(create('image=postgres:16\\n', 'postgres://shop:x@elsewhere/other')).toContain('made url:other postgres:16')
    docker(asked('17'))
    expect(create('url-env-else=DATABASE_URL\\n')).toMatch(
      /made url:shop postgres:17-alpine[\s\S]*= backup-done id=nothing-to-back-up .* service=url:shop/,
    )
    expect(isGone()).toEqual([expect.stringMatching(/^rm -f -v shop-client-/), false])
    app.write({ [`releases/${RELEASE}/settings`]: `id=${RELEASE}\nof=\napp=shop\nproject=shop\nhosts=1\ndatabases=db:postgres-15\n` })
    expect(create('url-env-else=DATABASE_URL\\n')).toMatch(/made db /)
  })

  test('comments on extensions, which a provider owns, are left out of what is loaded', () => {
    const list = [
      '; Archive',
      '3; 3079 16384 EXTENSION - pgcrypto ',
      '9; 0 0 COMMENT - EXTENSION pgcrypto ',
      '8; 0 0 COMMENT public TABLE notes ann',
    ]
    const { stdout } = shell.run(
      `run=$TMPDIR; printf '%s\\n' ${list.map((line) => `'${line}'`).join(' ')} >$run/backup.list; loadable_list`,
    )
    expect(stdout.trimEnd().split('\n')).toEqual([list[0], list[1], list[3]])
  })
})
