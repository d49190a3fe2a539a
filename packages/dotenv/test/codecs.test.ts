import { describe, expect, test } from '@jest/globals'
import { codecs, encodeEnvFile, type Format, formats, spellingsOf, whyUnwritable } from '../src/index.ts'
import { everydayValues, nastyValues } from './nasty-values.ts'

const written = (format: Format, value: string) => spellingsOf(format, 'NAME', value)[0]

test.each<[Format, string, string]>([
  ['docker', ' a b # c "d" ', ' a b # c "d" '],
  ['docker', 'ends in CR\r', 'ends in CR\r\r'],
  ['dotenv', 'plain', 'plain'],
  ['dotenv', 'a # b', "'a # b'"],
  ['dotenv', "it's # x", '"it\'s # x"'],
  ['dotenv', 'both \' " # x', '`both \' " # x`'],
  ['dotenv', 'two\nlines', "'two\nlines'"],
  ['dotenv', 'C:\\new', 'C:\\new'],
  ['dotenv', 'a #\\', "'a #\\' # '-"],
  ['python-dotenv', '${X:-d}', '${:-$}{X:-d}'],
  ['python-dotenv', 'line\n\\', '"line\\n\\\\${:-}"'],
  ['systemd', 'a b', 'a b'],
  ['systemd', "it's\ntwo", '"it\'s\ntwo"'],
  ['systemd', '\\', "'\\'"],
  ['shell', "it's $HOME", "'it'\\''s $HOME'"],
  ['json', 'a"b\n', '"a\\"b\\n"'],
])('%s: %j is written as %s', (format, value, spelling) => {
  expect(written(format, value)).toBe(spelling)
})

test.each(formats)('%s: what is written is read back, value for value, whatever stands around it', (format) => {
  const all = [...everydayValues, ...nastyValues(600)].map((value, at) => [`V${at}`, value] as const)
  const values = new Map(all.filter(([name, value]) => whyUnwritable(format, name, value) === undefined))
  expect([...codecs[format].parse(encodeEnvFile(format, values))]).toEqual([...values])
  expect(values.size).toBeGreaterThan(300)
})

test.each(formats)('%s: NUL and half of a character are refused, by name and without the value', (format) => {
  const bad = new Map([
    ['NUL', 's3cret\0'],
    ['HALF', 's3cret\ud800'],
    ['FINE', 's3cret'],
  ])
  expect(() => encodeEnvFile(format, bad)).toThrow(
    expect.objectContaining({ code: 'DA-ENV-UNREPRESENTABLE', message: expect.stringMatching(/"NUL".*"HALF"/) }),
  )
  expect(() => encodeEnvFile(format, bad)).not.toThrow(/s3cret|FINE/)
})

test.each<[Format, string]>([
  ['shell', 'with.dot'],
  ['systemd', 'with-hyphen'],
  ['compose-interpolation', 'with.dot'],
  ['compose', '2FAST'],
  ['docker', 'A B'],
  ['dotenv', 'A=B'],
  ['json', ''],
])('%s cannot have the name %j', (format, name) => {
  expect(whyUnwritable(format, name, '')).toMatch(/^is /)
})

/** Every text of these characters up to this length. */
function* texts(characters: readonly string[], longest: number): Generator<string> {
  let ready = ['']
  for (let length = 0; length <= longest; length += 1) {
    yield* ready
    ready = ready.flatMap((text) => characters.map((character) => text + character))
  }
}

describe('what is refused has no spelling at all', () => {
  test('dotenv: none of a hundred thousand spellings gives a value that we refuse', () => {
    const refused = new Set(
      [...texts(["'", '"', '`', '#', '\n', '\r', '\\', ' ', 'n'], 4)].filter((value) => written('dotenv', value) === undefined),
    )
    expect(refused.size).toBeGreaterThan(10)
    const held = [...texts(["'", '"', '`', '#', '\n', '\r', '\\', 'n', ' '], 5)].filter((spelling) => {
      const read = codecs.dotenv.parse(`B=x'\nC=x"\nD=x\`\nA=${spelling}\nB=x'\nC=x"\nD=x\`\n`)
      return read.size === 4 && refused.has(read.get('A') ?? 'x')
    })
    expect(held).toEqual([])
  })

  test('docker: a value with a line end, and one that is too long for a line', () => {
    expect(whyUnwritable('docker', 'A', 'a\nb')).toMatch(/line end/)
    expect(whyUnwritable('docker', 'A', 'x'.repeat(65_533))).toBeUndefined()
    expect(whyUnwritable('docker', 'A', 'x'.repeat(65_534))).toMatch(/64 KiB/)
  })

  test('systemd: a text with a character that is none, for which systemd drops the whole file', () => {
    expect(whyUnwritable('systemd', 'A', 'x\ufffe')).toMatch(/drops the whole file/)
  })
})

test.each([
  ['A=$(reboot)\n', 'command'],
  ['A=`reboot`\n', 'command'],
  ['reboot\n', 'command'],
  ["A='s3cret\n", 'never ends'],
  ['A=a b\n', 'command'],
  ['A=a; rm -rf /\n', 'command'],
  ['A=$1\n', 'parameter'],
  ['A=x >y\n', 'more behind'],
])('a file for a shell with %j is not read, because it would have to be run', (text, why) => {
  expect(() => codecs.shell.parse(text)).toThrow(
    expect.objectContaining({ code: 'DA-ENV-FILE-INVALID', message: expect.stringContaining(why) }),
  )
  expect(() => codecs.shell.parse(text)).not.toThrow(/s3cret/)
})

test.each([
  ['{"A": 1.0, "B": true, "C": "s3cret"}', 'A, B'],
  ['["s3cret"]', 'not an object'],
  ['{"A": "s3cret', 'cannot be read'],
])('JSON %j is refused', (text, why) => {
  expect(() => codecs.json.parse(text)).toThrow(
    expect.objectContaining({ code: 'DA-ENV-FILE-INVALID', message: expect.stringContaining(why) }),
  )
  expect(() => codecs.json.parse(text)).not.toThrow(/s3cret/)
})
