import { BlockList, isIP } from 'node:net'

/** Docker Hub's registry does not answer under the name that images have. */
const API_HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' }

/**
 * The address of a registry's API, without a slash at the end. As in dockerd: `insecure` lists `host`, `host:port`, addresses and networks such as
 * `10.0.0.0/8`, whose registries are asked by plain http, and the loopback network always is.
 */
export function endpointOf(registry: string, insecure: readonly string[]): string {
  return `${isInsecure(registry, insecure) ? 'http' : 'https'}://${API_HOSTS[registry] ?? registry}`
}

function isInsecure(registry: string, insecure: readonly string[]): boolean {
  const host = registry.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  if (host === 'localhost' || insecure.includes(registry) || insecure.includes(host)) return true
  if (isIP(host) === 0) return false
  const networks = new BlockList()
  for (const entry of ['127.0.0.0/8', '::1/128', ...insecure]) addNetwork(networks, entry)
  return networks.check(host, familyOf(host))
}

function addNetwork(networks: BlockList, entry: string): void {
  const [network = '', bits = ''] = entry.split('/', 2)
  if (isIP(network) !== 0 && /^\d{1,3}$/.test(bits)) networks.addSubnet(network, Number(bits), familyOf(network))
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
