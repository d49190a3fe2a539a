import { asLines, type Codec } from './codec.ts'

// As in dotenv 14 to 18 (motdotla/dotenv): the same pattern, because where it goes back and tries again decides what is read.
const LINE =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm

/** The package `dotenv` of Node. It has no escape for a quote, so some values with several kinds of quotes cannot be written. */
export const nodeDotenvCodec: Codec = {
  consumer: "Node's dotenv",
  names: { pattern: /^[\w.-]+$/, rule: 'is not a name of letters, digits, `_`, `.` and `-`' },
  spellings: (value) => {
    const oneLine = value.replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    const spellings = [value, `'${value}'`, `"${oneLine}"`, `"${value.replaceAll('\r', '\\r')}"`, `\`${value}\``]
    // A backslash before the closing quote: dotenv first takes `\"` for a part of the value and looks for a later quote. It has to find one that
    // cannot be the end, so that it comes back.
    return value.endsWith('\\') ? [...spellings, ...spellings.slice(1).map((one) => `${one} # ${one.at(-1)}-`)] : spellings
  },
  whyNot: (value) =>
    value.includes('\r')
      ? 'has a CR, which needs double quotes, beside something that double quotes cannot hold (a double quote, or `\\n` or `\\r` written out)'
      : 'has quotes of every kind, and dotenv has no escape for a quote',
  join: asLines,
  parse: parseNodeDotenv,
}

/** What `dotenv.parse` gives. It refuses nothing: lines that it does not understand are passed over. */
export function parseNodeDotenv(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const [, name = '', written = ''] of text.replace(/\r\n?/gm, '\n').matchAll(LINE)) {
    const trimmed = written.trim()
    const value = trimmed.replace(/^(['"`])([\s\S]*)\1$/gm, '$2')
    values.set(name, trimmed.startsWith('"') ? value.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : value)
  }
  return values
}
