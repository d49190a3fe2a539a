import { describe, expect, test } from '@jest/globals'
import { caddyOptions } from '../src/index.ts'

const beforeOf = (text: string) => caddyOptions(text).options.before.join('\n')
const besideOf = (text: string) => caddyOptions(text).options.beside.join('\n')

describe('what is read', () => {
  const text = [
    '# for everybody',
    'header {',
    '\tStrict-Transport-Security "max-age=31536000"',
    '\t# nobody needs to know',
    '\t-Server',
    '}',
    '@staging {',
    '\thost staging.example.com',
    '}',
    'basicauth @staging {',
    '\tann $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG',
    '}',
    'log',
    'encode gzip',
  ]
  test('directives keep their order and their words, comments within them too', () => {
    const [, ...header] = text.slice(0, 6)
    expect(beforeOf(text.join('\n'))).toBe([...header, ...text.slice(9, 12), 'encode gzip'].join('\n'))
  })
  test('matchers, logs and pages for errors stand beside them, where Caddy wants them', () => {
    expect(besideOf(text.join('\r\n'))).toBe([...text.slice(6, 9), 'log'].join('\n'))
    expect(besideOf('handle_errors {\n\trespond "{err.status_code}"\n}\n')).toContain('handle_errors {')
  })
  test.each([
    ['braces of placeholders', 'redir @old https://example.com{uri} 308'],
    ['braces in quotes', 'respond @x "{ not a block"'],
    ['braces in backticks', '@api expression `{path}.startsWith("/api") && {method} == "}"`'],
    ['braces in comments', 'encode gzip # { this opens nothing'],
    ['a text of several lines', 'respond @x "one {\n  two\nthree" 200'],
    ['a line that goes on', 'header X-Y \\\n  z'],
    ['an escaped quote', String.raw`respond @x "a \" { b"`],
    ['a proxy to a service that is not switched', 'handle /grafana* {\n\treverse_proxy grafana:3000\n}'],
  ])('%s are no structure', (_, text) => expect(caddyOptions(text).refusals).toEqual([]))
  test('a text of several lines is not indented with the rest', () => {
    expect(caddyOptions('respond @x "one\n  two" 200').options.before).toEqual(['respond @x "one\n  two" 200'])
  })
  test.each(['', '\n', '# nothing yet\n'])('nothing in %j', (text) =>
    expect(caddyOptions(text)).toEqual({ options: { beside: [], before: [] }, refusals: [] }),
  )
})

describe('what is refused', () => {
  test.each([
    ['a block that is not closed', 'encode gzip\nheader {', 'line 2', 'not closed'],
    ['a brace too many', 'encode gzip\n}\nadmin off', 'line 2', 'closes nothing'],
    ['a quote that is not closed', 'header X "y', 'line 1', 'quote'],
    ['an escaped quote that opens a word', 'header X \\"a "\n}\n:9999 {\nrespond x\n}\n(y) {\nheader Y " b d"', 'line 1', 'escaped quote'],
    ['a comment that takes the next line along', '# old \\\nencode gzip', 'line 1', 'comment'],
    ['a matcher for kept files', '@kept path /x', 'line 1', '`@kept`'],
    ['a heredoc', 'respond @x <<HTML\n<p>\nHTML', 'line 1', 'heredoc'],
    ['global options', '{\n\tadmin off\n}', 'line 1', 'global options'],
    ['a site', 'example.com {\n\tencode gzip\n}', 'line 1', 'begins a site'],
    ['a site by its port', ':80 {\n}', 'line 1', 'begins a site'],
    ['a snippet', '(mine) {\n}', 'line 1', 'snippet'],
    ['another file', 'import /etc/caddy/more', 'line 1', 'no other file'],
    ['another file, further in', 'handle /x {\n\timport slots\n}', 'line 1', 'no other file'],
    ['listeners', 'bind 0.0.0.0', 'line 1', '`routes`'],
    ['certificates', 'tls internal', 'line 1', '`routes`'],
    ['a matcher of the edge', '@stream path /x', 'line 1', '`@stream`'],
    ['the environment', 'encode gzip\nrespond @x {$NAME}', 'line 2', 'edge has none'],
    ['the environment, at run time', 'header X {env.HOME}', 'line 1', 'edge has none'],
    ['the secret of the candidate', 'header X @CANDIDATE@', 'line 1', 'edge has none'],
    ['an answer for everybody', 'respond "closed" 503', 'line 1', 'every request'],
    ['a redirect for everybody', 'redir https://example.com{uri}', 'line 1', 'every request'],
    ['a proxy for everybody', 'reverse_proxy web:8000', 'line 1', 'every request'],
  ])('%s', (_, text, line, rule) => {
    const [refused, ...more] = caddyOptions(text).refusals
    expect(more).toEqual([])
    expect(refused).toMatchObject({ code: 'DA-CADDYFILE', message: expect.stringMatching(`^${line} of .*${rule}`) })
  })
  test('all of it at once', () => expect(caddyOptions('bind 0.0.0.0\nimport x\nencode gzip').refusals).toHaveLength(2))
  test('no message repeats what stands behind a name', () => {
    const text = 'tls s3cret-word\nrespond s3cret-word\nimport s3cret-word\nheader X s3cret-word{$X}\n@stream path s3cret-word'
    const { refusals } = caddyOptions(text)
    expect(refusals).toHaveLength(5)
    expect(JSON.stringify(refusals)).not.toContain('s3cret')
  })
})
