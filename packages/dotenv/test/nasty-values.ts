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

/** What people really keep in env files. */
export const everydayValues: readonly string[] = [
  '',
  ' ',
  'postgres://user:p%40ss@db:5432/shop?sslmode=require&options=-c%20x',
  '{"type":"service_account","private_key":"-----BEGIN KEY-----\\nMIIE\\n-----END KEY-----\\n","n":1}',
  '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nx+/=\n-----END KEY-----\n',
  'pa$$w0rd#1',
  'a b # no comment',
  '${X:-d}',
  '${X',
  '$(reboot) `reboot`',
  'ends in a backslash\\',
  'two\nlines and a backslash\\',
  '  edges  ',
  '\ttab\t',
  'it\'s "both"',
  'it\'s "both" `and` more',
  "'quoted'",
  '"quoted"',
  '#hash',
  'a=b=c',
  'C:\\new\\table',
  'line\r\nline\r\n',
  'ünïcödé 漢字 😀',
  'x'.repeat(60_000),
]
