import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { anyShell, quote } from '../src/index.ts'

const PIECES = [
  'a',
  "'",
  '"',
  '\\',
  '$',
  '$HOME',
  '`id`',
  '!',
  '!!',
  '\n',
  '\r',
  '\t',
  ' ',
  '*',
  '?',
  '~',
  '#',
  ';',
  '&',
  '|',
  '(',
  ')',
  '{',
  '}',
  '%',
  '\\n',
  '\\0101',
  '-',
  '=',
  'é',
  '😀',
]

function nasty(count: number): string[] {
  let state = 7
  const next = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(state / 65_536) % limit
  }
  return Array.from({ length: count }, () => Array.from({ length: next(10) }, () => PIECES[next(PIECES.length)]).join(''))
}

const words = [...PIECES, '', '-n', '-e x', '~root', 'a b', "it's", "''", '\\', '\\\\', "\\'", ...nasty(300)]
const shown = `printf '%s\\0' ${words.map(quote).join(' ')}`
const run = (shell: readonly string[], command: string) =>
  spawnSync(shell[0] ?? '', [...shell.slice(1), '-c', command], { encoding: 'utf8' })

test('a quoted word reaches the program as it was', () => {
  expect(run(['/bin/sh'], shown).stdout.split('\0').slice(0, -1)).toEqual(words)
})

test('a word with NUL is refused', () => {
  expect(() => quote('a\0b')).toThrow('NUL')
})

const SHELLS = [['sh'], ['bash'], ['dash'], ['busybox', 'sh'], ['zsh'], ['ksh'], ['tcsh'], ['csh'], ['fish']]
const installed = SHELLS.filter((shell) => run(shell, 'true').status === 0)

test.each(installed.map((shell) => [shell.join(' '), shell] as const))(
  'a command means the same when the login shell is %s',
  (_, shell) => {
    const { stdout, stderr } = run(shell, anyShell(shown))
    expect(stderr).toBe('')
    expect(stdout.split('\0').slice(0, -1)).toEqual(words)
    const plain = run(shell, anyShell('printf "%s:" $0 "a  b" $HOME `echo x`; exit 3'))
    expect(plain).toMatchObject({ status: 3, stdout: expect.stringMatching(/:a {2}b:.*:x:$/) })
    const piped = spawnSync(shell[0] ?? '', [...shell.slice(1), '-c', anyShell("cat; echo 'end'")], { encoding: 'utf8', input: 'stdin\n' })
    expect(piped.stdout).toBe('stdin\nend\n')
  },
)
