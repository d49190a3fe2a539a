import { encodeComposeEnvFile } from '@deploy-actions/dotenv'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('R', { verify_for: '5000', max_error_increase: '5' }, [
    'web switch i 1 always none 0 - - - -',
    'api switch i 1 always none 0 - - - -',
  ])
})
afterEach(() => app.remove())

const PARTS = `
  app_dir=$APP run=$APP slot=blue previous=Q edge=e logs_since=0
  use_release R
  open_edge_shell() { :; }
  ask_edge() { printf '\\n%s\\n' "$NOW" >"$1"; }
  list_containers() { for service in web api; do echo "$service-id|shop-blue|$service-blue|running|False|n|||shop|R"; done; }
  docker() { [ "$1 $2 $4 $5" = 'logs --since --tail 5000' ] || exit 9; case $6 in web-id) cat "$APP/web.log" ;; esac; }
`

inEachShell((shell) => {
  const run = (code: string, env: Readonly<Record<string, string>> = {}) => {
    const { status, stdout, stderr } = shell.run(`${PARTS}${code}`, { APP: app.path, NOW: '', ...env })
    return { status, said: stdout + stderr }
  }
  const lineOf = (text: string) => (text === '' ? '' : `${text}\n`)
  /** Whether a release is well that was answered like this: counts since Caddy began, when the new one began, at the switch and now. */
  const judged = (began: string, switched: string, now: string, more = '') => {
    app.write({ 'answers.began': lineOf(began), 'answers.switched': lineOf(switched) })
    return run(`${more}\nanswers_are_well && tell_answers`, { NOW: now })
  }

  test.each([
    ['no errors', '1000 0', '1100 0', '1200 0'],
    ['as many as before', '1000 100', '1100 110', '1200 120'],
    ['five points more', '1000 0', '1100 0', '1500 20'],
    ['too few errors to know', '1000 0', '1100 0', '1160 9'],
    ['too few to know', '1000 0', '1100 0', '1149 49'],
    ['nothing known of before', '10 0', '20 0', '120 30'],
    ['as bad as right before', '100000 0', '100100 30', '100200 60'],
    ['as bad as in the days before, though not right before', '1000 300', '1100 300', '1200 330'],
  ])('well: %s', (_what, began, switched, now) => {
    expect(judged(began, switched, now)).toMatchObject({ status: 0, said: expect.stringContaining('answers since the switch') })
  })

  test.each([
    [
      'a third fails',
      '1000 2',
      '1100 2',
      '1200 32',
      '30.0 % of 100 answers of the new release were 5xx; before the switch it was 0.2 % of 1000',
    ],
    ['more than five points', '1000 0', '1100 0', '1500 24', '6.0 % of 400'],
    ['few right before, and few ever', '60 0', '70 0', '120 50', '100.0 % of 50'],
    [
      'bad before, and worse now',
      '1000 100',
      '1100 110',
      '1200 130',
      '20.0 % of 100 answers of the new release were 5xx; before the switch it was 10.0 %',
    ],
  ])('not well: %s', (_what, began, switched, now, words) => {
    const { status, said } = judged(began, switched, now)
    expect(status).toBe(1)
    expect(said).toMatch(/^error: .* \(DA-VERIFY-ERRORS\)\n$/)
    expect(said).toContain(words)
    expect(said).toContain('More than 5 points above is taken back')
  })

  test('after a reload that made Caddy count anew, what was known before it still counts', () => {
    expect(judged('1000 0', '3 0', '103 30').status).toBe(1)
    expect(judged('1000 290', '3 0', '103 30').status).toBe(0)
  })

  test.each([
    ['off', `sed -i s/^max_error_increase=.*/max_error_increase=/ "$APP/releases/R/settings"`],
    ['a release of a version that did not know of it', `sed -i /^max_error/d "$APP/releases/R/settings"`],
    ['a first release', `previous=''`],
    ['no edge', `edge=''`],
    ['no time to watch', `sed -i s/^verify_for=.*/verify_for=0/ "$APP/releases/R/settings"`],
  ])('nothing is asked or said: %s', (_what, change) => {
    expect(judged('1000 0', '1100 0', '1200 100', `${change}\nask_edge() { echo asked; }`)).toEqual({ status: 0, said: '' })
  })

  test('an edge that counts nothing, or does not answer, is no reason to go back', () => {
    expect(judged('', '', '')).toEqual({ status: 0, said: '' })
    expect(run('count_answers began; count_answers switched; answers_are_well', { NOW: 'wget: server returned error: 404' }).status).toBe(0)
  })

  test('slowness is told: the time within which 95 of 100 came, of both', () => {
    const { said } = judged('0 0', '100 0 5:96 10:100 25:100', '200 0 5:96 10:195 25:200 10000:200')
    expect(said).toBe('100 answers since the switch, 0 with 5xx (before: 100, 0); 95 of 100 within 10 ms (before: 5 ms)\n')
  })

  test('what Caddy tells is summed up: all listeners but the first, which is our own', () => {
    const labels = (code: number, server: string, more = '') => `{code="${code}",handler="subroute",method="GET",server="${server}"${more}}`
    const name = 'caddy_http_request_duration_seconds'
    app.write({
      metrics: [
        `# TYPE ${name} histogram`,
        ...['0.005', '0.025', '2.5', '+Inf'].map((le, at) => `${name}_bucket${labels(200, 'srv1', `,le="${le}"`)} ${7 + at}`),
        `${name}_count${labels(200, 'srv1')} 1.234567e+06`,
        `${name}_sum${labels(200, 'srv1')} 12.5`,
        `${name}_bucket${labels(502, 'srv2', ',le="0.025"')} 3`,
        `${name}_count${labels(502, 'srv2')} 30`,
        `${name}_count${labels(500, 'srv0')} 100`,
        `${name}_count{code="500",handler="static_response",method="GET",server="srv1"} 100`,
        `caddy_http_response_duration_seconds_count${labels(500, 'srv1')} 100`,
        'go_goroutines 12',
        '',
      ].join('\n'),
    })
    const [all, bad, ...within] = run('awk "$sum_answers" <"$APP/metrics"').said.trim().split(' ')
    expect([all, bad, ...within.sort()]).toEqual(['1234597', '30', '2500:9', '25:11', '5:7'])
  })

  const told = (log: string, env: Readonly<Record<string, string>> = {}, secrets: Readonly<Record<string, string>> = {}) => {
    const files = Object.entries(secrets).map(([name, text]) => [`releases/R/secrets/${name}`, text])
    app.write({
      'web.log': log,
      'releases/R/env/web.env': encodeComposeEnvFile(new Map(Object.entries(env))),
      ...Object.fromEntries(files),
    })
    return run('read_logs; tell_logs').said
  }

  test.each([
    '{"level":"error","msg":"x"}',
    '{"level":50,"msg":"x"}',
    '{"severity": "CRITICAL"}',
    'time=now level=error msg=x',
    '2026-01-01 12:00:00,000 ERROR app: x',
    '[2026-01-01] [ERROR] x',
    '[error] 12#12: *1 open() failed',
    'Traceback (most recent call last):',
    'ValueError: no',
    'Uncaught Exception: no',
    'panic: runtime error',
    'fatal: no password',
  ])('a line of errors: %s', (line) => {
    expect(told(`one\n${line}\ntwo\n`)).toBe(`the new release logged 1 lines of errors:\n    web: ${line}\n`)
  })

  test.each([
    '0 errors, 0 warnings',
    '{"level":"info","error":null}',
    'GET /errors 200',
    'loaded error pages',
    'level=info err=none',
    '{"level":30}',
  ])('no line of errors: %s', (line) => expect(told(`${line}\n`)).toBe(''))

  test('of many lines twenty are shown', () => {
    const lines = told('panic: x\n'.repeat(50)).split('\n')
    expect(lines[0]).toBe('the new release logged 50 lines of errors; the first 20:')
    expect(lines.filter((line) => line === '    web: panic: x')).toHaveLength(20)
  })

  test.each([
    ['API_TOKEN', 'plain-value', 'got plain-value here'],
    ['db_password', 'it\'s "so" $HOME', 'it\'s "so" $HOME'],
    ['SIGNING_KEY', 'line one is long\nline two is long', 'x line two is long'],
    ['DATABASE_URL', 'postgres://app:pw@db/shop', 'dial postgres://app:pw@db/shop'],
    ['SECRET_KEY_BASE', 'back\\slash "and" quote\n', 'back\\slash "and" quote'],
  ])('the value of %s in the log is told by name', (name, value, line) => {
    const said = told(`hello\nERROR ${line}\n`, { [name]: value, OTHER_TOKEN: 'is not there' })
    expect(said).toBe(`warning: the log of web has the value of ${name}\n`)
  })

  test('of several secret files without an end of line each counts', () => {
    expect(told('ERROR no login with alpha-secret-1\n', {}, { alpha: 'alpha-secret-1', beta: 'beta-secret-2' })).toBe(
      'warning: the log of web has the value of alpha\n',
    )
  })

  test('the maintenance page says nothing of a release', () => {
    app.write({ 'switch/maintenance.html': 'Back soon' })
    expect(judged('1000 0', '1030 0', '1110 80')).toEqual({ status: 0, said: '' })
  })

  test('a secret file counts too, a config does not', () => {
    expect(told('the-token-file\nthe-config-text\n', {}, { token: 'the-token-file\n', 'nginx.config': 'the-config-text\n' })).toBe(
      'warning: the log of web has the value of token\n',
    )
  })

  test.each([
    ['a short value', { API_TOKEN: '1234567' }],
    ['what is no secret by its name', { GREETING: '12345678' }],
    ['what is public', { PUBLIC_KEY: '12345678', STRIPE_PUBLISHABLE_KEY: '12345678' }],
    ['an empty value', { API_TOKEN: '' }],
  ])('nothing is told of %s', (_what, env) => {
    expect(told('12345678\n', env as unknown as Record<string, string>)).toBe('')
  })
})
