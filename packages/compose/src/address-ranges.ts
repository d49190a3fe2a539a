import { isIP } from 'node:net'
import type { ErrorCode } from '@deploy-actions/kit'
import { type Refusal, refusal } from './refusal.ts'

/** Addresses in front of the public listeners that are believed. */
export interface Believed {
  /** Their X-Forwarded-* headers. */
  readonly trustedProxies?: readonly string[] | undefined
  /** Their PROXY protocol headers. */
  readonly proxyProtocol?: readonly string[] | undefined
}

/** DA-TRUSTED-PROXIES and DA-PROXY-PROTOCOL for each entry that is no address, range or `private_ranges`. */
export function rangeRefusals({ trustedProxies = [], proxyProtocol = [] }: Believed): Refusal[] {
  return [
    ...notRanges('trusted-proxies', trustedProxies, 'DA-TRUSTED-PROXIES'),
    ...notRanges('proxy-protocol', proxyProtocol, 'DA-PROXY-PROTOCOL'),
  ]
}

function notRanges(input: string, entries: readonly string[], code: ErrorCode): Refusal[] {
  return entries
    .filter((entry) => entry !== PRIVATE && !isRange(entry))
    .map((entry) =>
      refusal(code, `\`${input}\` has "${entry}", which is no address range`, `Write ranges like \`10.0.0.0/8\`, or \`${PRIVATE}\`.`),
    )
}

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

const PRIVATE = 'private_ranges'

/** As Caddy has them for `private_ranges`. */
const PRIVATE_RANGES = ['192.168.0.0/16', '172.16.0.0/12', '10.0.0.0/8', '127.0.0.1/8', 'fd00::/8', '::1/128']

/** Every entry as `address/bits`, where Caddy takes nothing else. */
export function asPrefixes(entries: readonly string[]): string[] {
  return entries.flatMap((entry) => {
    if (entry === PRIVATE) return PRIVATE_RANGES
    return entry.includes('/') ? entry : `${entry}/${isIP(entry) === 4 ? 32 : 128}`
  })
}
