const NAME = String.raw`(?:token|secret|passw(?:or)?d|passphrase|pwd|api[-_]?key|private[-_]?key|access[-_]?key|credentials?|session(?:[-_]?id)?|csrf|signature)[\w-]*`
const SCHEME = '(?:bearer|basic|token|digest|negotiate)'

/** `"password": "…"`, also inside a text of JSON, where the quotes have backslashes. */
const QUOTED = new RegExp(String.raw`${NAME}\\*["']?\s*[:=]\s*(\\*)(["'])`, 'gi')

/** What else is secret by what stands before it, in headers, forms, HTML, XML and addresses. */
const LOOKS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String.raw`(${NAME}\\*["']?\s*[:=]\s*)(?!["'\\\s]|\*\*\*|(?:null|true|false)\b)[^"'\s&,;}<>]+`, 'gi'), '$1***'],
  [new RegExp(String.raw`(<input\b[^<>]*${NAME}["'][^<>]*\bvalue=["'])[^"'<>]+`, 'gi'), '$1***'],
  [new RegExp(`(<${NAME}>)[^<]+`, 'gi'), '$1***'],
  [new RegExp(String.raw`(authorization\\*["']?\s*[:=]\s*\\*["']?(?:${SCHEME}\s+)?)[^"'\s,}<\\]+`, 'gi'), '$1***'],
  // A sentence about a bearer token is none.
  [/\b(bearer\s+)(?=[\w.~+/=-]*\d|[\w.~+/=-]{16})[\w.~+/=-]{4,}/gi, '$1***'],
  [/(cookie\\*["']?\s*[:=]\s*\\*["']?[\w-]+=)[^;\s"'\\]+/gi, '$1***'],
  // `https://user:password@host`, `redis://:password@host`, `https://token@host`
  [/([a-z][a-z0-9+.-]*:\/\/(?:[^\s/?#@:"'<>]*:)?)[^\s/?#@"'<>]+(?=@)/gi, '$1***'],
]

/**
 * The text with `***` for whatever is secret by its looks: what an app says may hold secrets that nobody told us. Only for the short texts that are
 * shown; of a text that was cut, a value that has no end counts too.
 */
export function withoutSecretLooks(text: string): string {
  return LOOKS.reduce((rest, [look, left]) => rest.replace(look, left), withoutQuoted(text))
}

function withoutQuoted(text: string): string {
  let taken = ''
  let at = 0
  for (const { index, 0: before, 1: escapes = '', 2: quote = '' } of text.matchAll(QUOTED)) {
    if (index < at) continue
    const from = index + before.length
    taken += `${text.slice(at, from)}***`
    at = endOfQuoted(text, from, `${escapes}${quote}`)
  }
  return taken + text.slice(at)
}

/** A quote with more backslashes before it than the one that began is a part of the value. */
function endOfQuoted(text: string, from: number, end: string): number {
  let at = text.indexOf(end, from)
  while (at > from && text[at - 1] === '\\') at = text.indexOf(end, at + end.length)
  return at < 0 ? text.length : at
}

/** Whether what has this name is a secret: a header, a cookie, the last part of a JSONPath. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name)
const SECRET_NAME = new RegExp(`${NAME}|authorization|cookie$|^sid$|[-_.]sid$`, 'i')
