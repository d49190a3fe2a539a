import { extname } from 'node:path'
import { lookup } from 'mrmime'

/** What the library does not know, or knows otherwise than browsers do (https://developer.mozilla.org/docs/Web/HTTP/Guides/MIME_types/Common_types). */
const OWN: Readonly<Record<string, string>> = {
  '.cjs': 'text/javascript',
  '.cur': 'image/x-icon',
  '.eot': 'application/vnd.ms-fontobject',
  '.flac': 'audio/flac',
  '.ico': 'image/x-icon',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.topojson': 'application/json',
}

/** By the ending of a name. A browser takes no module of another type; a text without its encoding is read in the reader's own. */
export function typeOf(name: string): string {
  const ending = extname(name).toLowerCase()
  const type = OWN[ending] ?? (ending === '' ? undefined : lookup(ending)) ?? 'application/octet-stream'
  return /^text\/|javascript|json|xml/.test(type) && type !== 'image/svg+xml' ? `${type}; charset=utf-8` : type
}

/** What stores have called JavaScript over the years is the same to browsers. */
export const isSameType = (one: string, other: string): boolean => plain(one) === plain(other)

function plain(type: string): string {
  const [name = ''] = type.split(';')
  return name
    .trim()
    .toLowerCase()
    .replace(/^(application|text)\/(x-)?(javascript|ecmascript)$/, 'text/javascript')
}
