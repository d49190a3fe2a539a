import { type Finding, fail, leftOut, ok, warn } from './finding.ts'

/** Where a name leads. */
export interface Resolved {
  readonly addresses: readonly string[]
  /** Seconds for which others keep the answer; undefined when it was not told. */
  readonly ttl: number | undefined
}

export interface Certificate {
  readonly issuer: string
  /** Milliseconds since 1970. */
  readonly validTo: number
  /** Why it is not trusted for this name; undefined: it is. */
  readonly problem: string | undefined
}

/** Names and certificates, as the machine that asks sees them. */
export interface Network {
  resolve(name: string): Promise<Resolved>
  /** What answers at port 443 of the name; undefined when nothing does. */
  certificate(name: string): Promise<Certificate | undefined>
  /** The status of an answer; undefined without one. */
  reach(url: string): Promise<number | undefined>
}

const DAY = 86_400_000

/** Whether names lead to the hosts, and who vouches for them. @param hosts names or addresses of hosts; empty: not known */
export async function checkDomains(
  domains: readonly string[],
  hosts: readonly string[],
  network: Network,
  now: number,
): Promise<Finding[]> {
  if (domains.length === 0) return [leftOut('domains', 'none is named: `--domains shop.example.com`')]
  const known = new Set((await Promise.all(hosts.map(async (host) => (await network.resolve(host)).addresses))).flat())
  return (await Promise.all(domains.map((domain) => checkDomain(domain, known, network, now)))).flat()
}

async function checkDomain(domain: string, hosts: ReadonlySet<string>, network: Network, now: number): Promise<Finding[]> {
  const { addresses, ttl } = await network.resolve(domain)
  if (addresses.length === 0)
    return [fail(`${domain} leads nowhere`, 'Make an A record (and an AAAA record, if the host has IPv6) with the address of the host.')]
  const where = `${domain} leads to ${addresses.join(', ')}${ttl === undefined ? '' : `, TTL ${ttl} s`}`
  const elsewhere = addresses.filter((address) => !hosts.has(address))
  const place =
    hosts.size === 0 || elsewhere.length === 0
      ? ok(where)
      : warn(
          `${where}; ${elsewhere.join(', ')} is none of the hosts`,
          'Right behind a balancer or a CDN. Else visitors, and whoever makes the certificate, do not come to your host.',
        )
  return [place, certificateFinding(domain, await network.certificate(domain), now)]
}

function certificateFinding(domain: string, certificate: Certificate | undefined, now: number): Finding {
  if (certificate === undefined)
    return leftOut(
      `certificate of ${domain}`,
      'nothing answers at port 443 yet; the edge gets one at the first deploy that has this name in its routes',
    )
  const days = Math.floor((certificate.validTo - now) / DAY)
  const what = `certificate of ${domain}: by ${certificate.issuer}, for ${days} more days`
  if (certificate.problem !== undefined) return fail(`${what}: ${certificate.problem}`, 'Look at the log of what answers at port 443.')
  return days < 14 ? warn(what, 'It should have been renewed by now.') : ok(what)
}

/** Any answer will do: without a login most say 401. */
export async function checkRegistry(registry: string, endpoint: string, network: Network): Promise<Finding> {
  const status = await network.reach(`${endpoint}/v2/`)
  return status === undefined
    ? fail(`${registry} cannot be reached from here`, 'Look at your network; GitHub and the hosts have ways of their own.')
    : status < 500
      ? ok(`${registry} answers (${status})`)
      : warn(`${registry} answers ${status}`, 'Its status page tells of outages.')
}
