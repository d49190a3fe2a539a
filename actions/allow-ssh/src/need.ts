import { covers, type Droplet, type Firewall, isInForce, letsEverybodyIn, letsIn } from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'

/** What there is to do so that an address gets in. */
export interface Need {
  /** Droplets that do not let it in at one of the ports. */
  readonly closed: readonly Droplet[]
  /** Firewalls on one of the droplets that let everybody in. */
  readonly openToAll: readonly Firewall[]
}

export interface Wanted {
  readonly droplets: readonly Droplet[]
  readonly ports: readonly number[]
  readonly address: string
}

export const namesOf = (droplets: readonly Droplet[]): string => droplets.map(({ name }) => name).join(', ')

/**
 * @param firewalls those that stay: none that this action makes, because they go with their job
 * @throws UserError DA-FIREWALL-NONE for droplets that have none
 */
export function needOf({ droplets, ports, address }: Wanted, firewalls: readonly Firewall[]): Need {
  const bare = droplets.filter((droplet) => !firewalls.some((one) => covers(one, droplet)))
  if (bare.length > 0) throw withoutFirewall(bare)
  const isOpen = (droplet: Droplet) => {
    const there = firewalls.filter((one) => covers(one, droplet) && isInForce(one, droplet))
    return ports.every((port) => there.some((one) => letsIn(one, address, port)))
  }
  return {
    closed: droplets.filter((droplet) => !isOpen(droplet)),
    openToAll: firewalls.filter(
      (one) => ports.some((port) => letsEverybodyIn(one, port)) && droplets.some((droplet) => covers(one, droplet)),
    ),
  }
}

/**
 * With a first firewall everything is closed that it does not name, in and out. Where there is one already, another one can only add: an inbound rule
 * changes nothing of what goes out (docs.digitalocean.com/products/networking/firewalls: the union of the rules of all firewalls is in force).
 */
function withoutFirewall(droplets: readonly Droplet[]): UserError {
  const [has, its] = droplets.length === 1 ? ['has', 'It is'] : ['have', 'They are']
  return new UserError('DA-FIREWALL-NONE', `${namesOf(droplets)} ${has} no firewall at DigitalOcean that stays`, {
    hint: `${its} open to everybody, and a first firewall for SSH alone would close 80, 443 and everything that goes out. Make one with the rules that everybody needs, without SSH, and put it on ${droplets.length === 1 ? 'this droplet' : 'these droplets'}. If there is one: without \`droplet:read\` and \`tag:read\` the token does not see where.`,
  })
}
