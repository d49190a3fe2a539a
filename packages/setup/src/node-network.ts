import { lookup, resolve4, resolve6 } from 'node:dns/promises'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { Certificate, Network, Resolved } from './check-domains.ts'

const LIMIT_MS = 10_000

/** The network of this machine. */
export const nodeNetwork: Network = {
  async resolve(name) {
    if (isIP(name) !== 0) return { addresses: [name], ttl: undefined }
    const [four, six] = await Promise.all([resolve4(name, { ttl: true }).catch(() => []), resolve6(name, { ttl: true }).catch(() => [])])
    const records = [...four, ...six]
    if (records.length > 0) return { addresses: records.map(({ address }) => address), ttl: Math.min(...records.map(({ ttl }) => ttl)) }
    return fromHostsFile(name)
  },
  certificate: (name) =>
    new Promise((resolve) => {
      const socket = connect({ host: name, port: 443, servername: name, rejectUnauthorized: false, timeout: LIMIT_MS })
      const end = (certificate: Certificate | undefined) => {
        socket.destroy()
        resolve(certificate)
      }
      socket.once('error', () => end(undefined))
      socket.once('timeout', () => end(undefined))
      socket.once('secureConnect', () => {
        const { issuer, valid_to: validTo } = socket.getPeerCertificate()
        const names = [issuer?.O, issuer?.CN].flat().filter((one) => one !== undefined)
        const problem = socket.authorized ? undefined : String(socket.authorizationError)
        end({ issuer: names.join(' ') || 'nobody', validTo: Date.parse(validTo), problem })
      })
    }),
  reach: (url) =>
    fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: 'manual' }).then(
      ({ status }) => status,
      () => undefined,
    ),
}

/** Names that only this machine knows. */
const fromHostsFile = (name: string): Promise<Resolved> =>
  lookup(name, { all: true }).then(
    (found) => ({ addresses: found.map(({ address }) => address), ttl: undefined }),
    () => ({ addresses: [], ttl: undefined }),
  )
