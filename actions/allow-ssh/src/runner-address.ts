import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import type { SshDoor } from '@deploy-actions/hosts'
import { type Clock, messageOf, UserError } from '@deploy-actions/kit'

export interface AddressPorts {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly signal: AbortSignal
}

const TRIES = 3
const PAUSE_MS = 2_000
const PATIENCE_MS = 10_000

/** The address from which others see this runner, as a service says it. @throws UserError DA-ALLOW-SSH-ADDRESS */
export async function runnerAddress(url: string, ports: AddressPorts): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const { address, problem } = await ask(url, ports)
    if (address !== undefined) return address
    if (tries === TRIES) throw unknown(`${new URL(url).host} ${problem}`)
    await ports.clock.sleep(PAUSE_MS, ports.signal)
  }
}

async function ask(url: string, { fetch, signal }: AddressPorts): Promise<{ address?: string; problem?: string }> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
    // What an address is redirected to would be believed as well.
    const response = await fetch(url, { redirect: 'error', signal: limit })
    if (!response.ok) return { problem: `answers with status ${response.status}` }
    const said = (await response.text()).trim()
    if (isIP(said) === 0) return { problem: `answers ${JSON.stringify(said.slice(0, 60))}, which is no address` }
    return isPublic(said) ? { address: said } : { problem: `sees ${said}, which is no public address` }
  } catch (error) {
    signal.throwIfAborted()
    const { cause } = error as { cause?: unknown }
    return { problem: `cannot be asked: ${messageOf(cause ?? error)}` }
  }
}

const unknown = (why: string): UserError =>
  new UserError('DA-ALLOW-SSH-ADDRESS', `it is not known from which address this runner is seen: ${why}`, {
    hint: 'Give `address`, or as `address-url` a service that answers with the address and nothing else.',
  })

/**
 * Whether each host has an address of the family of the runner's: from another one it is seen at another address.
 * @throws UserError DA-ALLOW-SSH-ADDRESS
 */
export function requireFamily(address: string, doors: readonly Pick<SshDoor, 'host' | 'addresses'>[]): void {
  const other = doors.find(({ addresses }) => addresses.length > 0 && addresses.every((one) => isIP(one) !== isIP(address)))
  if (other === undefined) return
  const [its, own] = isIPv4(address) ? ['IPv6', 'IPv4'] : ['IPv4', 'IPv6']
  throw new UserError(
    'DA-ALLOW-SSH-ADDRESS',
    `this runner is seen at ${address}, and ${other.host} has an ${its} address alone: there it has another one`,
    {
      hint: `Give \`address\`, or an \`address-url\` that is reached by ${its} alone; or as \`host\` an ${own} address of the droplet.`,
    },
  )
}

/** Addresses that nobody out there has: private, of this machine, of a link, of carriers, for many (IANA's special-purpose registries). */
const NOT_PUBLIC = new BlockList()
for (const network of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16', '224.0.0.0/3'],
  ...['::/127', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
]) {
  const [base = '', prefix] = network.split('/')
  NOT_PUBLIC.addSubnet(base, Number(prefix), isIPv6(base) ? 'ipv6' : 'ipv4')
}

/** Whether an address can be that of a runner as a droplet sees it; IPv4 in the clothes of IPv6 is none. */
export const isPublic = (address: string): boolean =>
  !address.includes('%') && !/^::ffff:/i.test(address) && !NOT_PUBLIC.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
