import { isIP } from 'node:net'
import { Mistake, pairs, type Reader, reader } from '@deploy-actions/kit'

/** Lines `host=address[,address]`: addresses by host name. */
export const resolved: Reader<Map<string, string[]>> = reader((raw) => {
  const found = new Map<string, string[]>()
  for (const [host, list] of pairs.read(raw)) {
    const addresses = list.split(',').map((one) => one.trim().replace(/^\[(.*)\]$/, '$1'))
    const wrong = addresses.find((one) => isIP(one) === 0)
    if (wrong !== undefined)
      throw new Mistake(`has "${wrong}" for ${host}, which is no address`, 'Write lines like `shop.example.com=203.0.113.7,203.0.113.8`.')
    found.set(host.toLowerCase(), addresses)
  }
  return found
})
