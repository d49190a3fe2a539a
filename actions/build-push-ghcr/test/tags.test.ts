import { describe, expect, test } from '@jest/globals'
import type { RunFacts } from '../src/run-facts.ts'
import { tagRule } from '../src/tag-rules.ts'
import { type Flavor, flavorOf, tagsOf } from '../src/tags.ts'
import { factsOf } from './facts.ts'

const SHA = `sha-${factsOf().commit}`
const tags = (rules: string, facts: Partial<RunFacts> = {}, flavor: Partial<Flavor> = {}) =>
  tagsOf(
    rules.split('\n').flatMap((line) => (line.trim() === '' ? [] : [tagRule.read(line.trim())])),
    { ...flavorOf([]), ...flavor },
    factsOf(facts),
  ).all
const tag = (name: string) => ({ ref: `refs/tags/${name}` })

// What docker/metadata-action documents for these rules, apart from the three differences in our README.
test.each<[string, string, Partial<RunFacts>, string[]]>([
  ['no rule', '', {}, []],
  ['branch', 'type=ref,event=branch', {}, ['main']],
  ['branch with a slash', 'type=ref,event=branch', { ref: 'refs/heads/feature/A#1' }, ['feature-a-1']],
  ['git tag', 'type=ref,event=tag', tag('v1.2.3'), ['v1.2.3']],
  ['pull request', 'type=ref,event=pr', { ref: 'refs/pull/12/merge', event: 'pull_request' }, ['pr-12']],
  ['pull request with a prefix of its own', 'type=ref,event=pr,prefix=review-', { ref: 'refs/pull/12/merge' }, ['review-12']],
  ['semver', 'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}', tag('v1.2.3'), ['1.2.3', '1.2']],
  ['semver raw', 'type=semver,pattern={{raw}}', tag('v1.2.3'), ['v1.2.3']],
  ['a pre-release does not move 1.2', 'type=semver,pattern={{major}}.{{minor}}', tag('v1.2.3-rc.1'), ['1.2.3-rc.1']],
  ['semver with build metadata', 'type=semver,pattern={{version}}', tag('1.2.3+build.5'), ['1.2.3']],
  ['semver by value', 'type=semver,pattern=v{{major}},value=v4.5.6', {}, ['v4']],
  ['sha', 'type=sha', {}, ['sha-0123456']],
  ['sha without a prefix, long', 'type=sha,format=long,prefix=', {}, ['0123456789abcdef0123456789abcdef01234567']],
  ['edge', 'type=edge', {}, ['edge']],
  ['edge of another branch', 'type=edge,branch=next', { ref: 'refs/heads/next' }, ['edge']],
  ['schedule', "type=schedule,pattern={{date 'YYYYMMDD-HHmmss'}}", { event: 'schedule' }, ['20260201-233005']],
  ['a date in a zone', "type=raw,value={{date 'YYYY.M.D' tz='Asia/Tokyo'}}", {}, ['2026.2.2']],
  ['the date of the commit', "type=raw,value={{commit_date 'YYYY[w]MM'}}", {}, ['2026w01']],
  ['match', 'type=match,pattern=app-(.*),group=1', tag('app-7.1'), ['7.1']],
  ['match with a regular expression of its own', 'type=match,pattern=/V(\\d+)/i,group=1', tag('v12'), ['12']],
  ['raw', 'type=raw,value=stable', {}, ['stable']],
  ['a bare word', 'nightly', {}, ['nightly']],
  ['capitals', 'type=raw,value=STABLE', {}, ['stable']],
  [
    'enable by the default branch',
    'type=raw,value=a,enable={{is_default_branch}}\ntype=raw,value=b,enable={{is_not_default_branch}}',
    {},
    ['a'],
  ],
  ['templates in prefix and suffix', 'type=raw,value=x,prefix={{branch}}-,suffix=-{{sha}}', {}, ['main-x-0123456']],
  ['priority', 'type=raw,value=last,priority=1\ntype=raw,value=first,priority=999\ntype=sha', {}, ['first', 'sha-0123456', 'last']],
  [
    'the order of types',
    'type=sha\ntype=ref,event=tag\ntype=semver,pattern={{version}}',
    tag('v1.0.0'),
    ['1.0.0', 'v1.0.0', 'sha-0123456'],
  ],
  ['two rules with one tag', 'a\ntype=raw,value=a', {}, ['a']],
  ['quotes', '"type=raw","value=a,b"', {}, []],
])('%s', (name, rules, facts, expected) => {
  if (name === 'quotes') return expect(() => tags(rules, facts)).toThrow('gives "a,b", which is no tag')
  expect(tags(rules, facts)).toEqual([...expected, SHA])
})

describe('latest', () => {
  test.each<[Flavor['latest'], string, boolean]>([
    ['false', 'v1.2.3', false],
    ['auto', 'v1.2.3', true],
    ['auto', 'v1.2.3-rc.1', false],
    ['true', 'v1.2.3-rc.1', true],
  ])('latest=%s with the git tag %s: %s', (latest, name, is) => {
    expect(tags('type=semver,pattern={{version}}', tag(name), { latest }).includes('latest')).toBe(is)
  })

  test('a flavor prefix is put in front of everything but sha and latest', () => {
    expect(tags('type=ref,event=branch\ntype=sha', {}, { latest: 'true', prefix: 'web-', suffix: '-x' })).toEqual([
      'web-main-x',
      'sha-0123456-x',
      'latest',
      SHA,
    ])
  })
})

test('rules of which none gives a tag are an error that says why for each', () => {
  const rules = 'type=semver,pattern={{version}}\ntype=ref,event=branch\ntype=schedule\ntype=raw,value=x,enable=false'
  expect(() => tags(rules, tag('v0.29'))).toThrow(
    expect.objectContaining({
      code: 'DA-TAGS-NONE',
      message: expect.stringMatching(
        /not a schedule[\s\S]*"v0\.29" is not a version with three numbers[\s\S]*this run is for refs\/tags\/v0\.29[\s\S]*not enabled/,
      ),
    }),
  )
})

test.each([
  ['type=smver,pattern={{version}}', 'unknown type "smver"'],
  ['type=semver', 'needs `pattern=`'],
  ['type=semver,patern={{version}}', '"patern", which type=semver does not know'],
  ['type=ref,event=push', 'the event "push"'],
  ['type=sha,format=middle', 'the format "middle"'],
  ['type=match,pattern=(', 'no regular expression'],
  ['type=match,pattern=a,group=x', 'a group that is not a number'],
  ['type=raw,value="a', 'a quote that is not closed'],
  ['type=raw,priority=high,value=a', 'a priority that is not a number'],
  ['value=a,x', 'has "x", which is not name=value'],
  ['value=a', 'no `type=`'],
])('the rule %s is refused', (rule, message) => {
  expect(() => tagRule.read(rule)).toThrow(message)
})

test.each([
  ['type=raw,value={{brunch}}', '"{{brunch}}", which nobody knows'],
  ["type=raw,value={{date 'YYYY-ww'}}", 'has "ww" in a date'],
  ["type=raw,value={{date 'YYYY' tz='Mars/Base'}}", 'the unknown time zone "Mars/Base"'],
  ['type=raw,value=a,enable=maybe', 'has enable="maybe"'],
  ['type=raw,value=-x', 'gives "-x", which is no tag'],
])('the rule %s cannot be filled in', (rule, message) => {
  expect(() => tags(rule)).toThrow(expect.objectContaining({ code: 'DA-TAGS-INVALID', message: expect.stringContaining(message) }))
})
