const PIECES = [
  'a',
  'Z9',
  '\n',
  '\r',
  '\r\n',
  "'",
  '"',
  '\\',
  '$',
  '$$',
  '${A}',
  '$A',
  '#',
  ' #',
  ' ',
  '\t',
  '=',
  ':',
  '`',
  '{',
  '}',
  '\\n',
  'é',
  '😀',
  '\u2028',
  '\u00a0',
  '\u001b',
]

/** `count` values made of everything that env files, shells and YAML treat specially; the same ones each time. */
export function nastyValues(count: number): string[] {
  let state = 20_261_121
  const next = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(state / 65_536) % limit
  }
  return Array.from({ length: count }, () => Array.from({ length: next(9) }, () => PIECES[next(PIECES.length)]).join(''))
}
