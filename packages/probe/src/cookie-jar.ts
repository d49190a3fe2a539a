import { CookieJar } from 'tough-cookie'

/** The cookies of one visitor, as a browser keeps them. This file is the only importer of tough-cookie. */
export interface Cookies {
  headerFor(url: URL): string
  keep(url: URL, setCookie: readonly string[]): void
}

export function cookieJar(): Cookies {
  // Staging names such as `http://shop` or `app.local` are on no list of public suffixes.
  const jar = new CookieJar(undefined, { rejectPublicSuffixes: false, looseMode: true })
  return {
    headerFor: (url) => jar.getCookieStringSync(url.href),
    keep(url, setCookie) {
      for (const cookie of setCookie) jar.setCookieSync(cookie, url.href, { ignoreError: true })
    },
  }
}

/** Name and value of each cookie that an answer sets. */
export function cookiesSet(setCookie: readonly string[] = []): Map<string, string> {
  return new Map(
    setCookie.map((line) => {
      const pair = line.split(';', 1)[0] ?? ''
      const at = pair.indexOf('=')
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    }),
  )
}
