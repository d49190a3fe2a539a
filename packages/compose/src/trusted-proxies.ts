import { isIP } from 'node:net'
import { type Refusal, refusal } from './refusal.ts'

/** DA-TRUSTED-PROXIES for each entry that is no address, range or `private_ranges`. */
export function trustedProxyRefusals(entries: readonly string[]): Refusal[] {
  return entries
    .filter((entry) => entry !== 'private_ranges' && !isRange(entry))
    .map((entry) =>
      refusal(
        'DA-TRUSTED-PROXIES',
        `\`trusted-proxies\` has "${entry}", which is no address range`,
        'Write ranges like `10.0.0.0/8`, or `private_ranges`.',
      ),
    )
}

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}
