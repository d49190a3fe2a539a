import { covers, type Droplet, type Firewall, isInForce, letsEverybodyIn, letsIn } from '@deploy-actions/digitalocean'
import type { SshDoor } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'

/** A port of a droplet. */
export type Door = Pick<SshDoor, 'droplet' | 'port'>

/** What there is to do so that an address gets in. */
export interface Need {
  /** Where it is not let in. */
  readonly closed: readonly Door[]
  /** Firewalls on one of the droplets that let everybody in there. */
  readonly openToAll: readonly Firewall[]
}

export interface Wanted {
  readonly doors: readonly Door[]
  readonly address: string
}

export const namesOf = (droplets: readonly Droplet[]): string => droplets.map(({ name }) => name).join(', ')

/** The ports in order, each with its droplets. */
export const byPort = (doors: readonly Door[]): (readonly [port: number, droplets: readonly Droplet[]])[] =>
  [...Map.groupBy(doors, ({ port }) => port)].map(([port, of]) => [port, dropletsOf(of)] as const).sort(([a], [b]) => a - b)

/** Each once, although several hosts may be one droplet. */
const dropletsOf = (doors: readonly Door[]): Droplet[] => [...new Map(doors.map(({ droplet }) => [droplet.id, droplet])).values()]

/**
 * @param firewalls those that stay: none that this action makes, because they go with their job
 * @throws UserError DA-FIREWALL-NONE for droplets that have none
 */
export function needOf({ doors, address }: Wanted, firewalls: readonly Firewall[]): Need {
  const bare = dropletsOf(doors.filter(({ droplet }) => !firewalls.some((one) => covers(one, droplet))))
  if (bare.length > 0) throw withoutFirewall(bare)
  const isOpen = ({ droplet, port }: Door) =>
    firewalls.some((one) => covers(one, droplet) && isInForce(one, droplet) && letsIn(one, address, port))
  return {
    closed: doors.filter((door) => !isOpen(door)),
    openToAll: firewalls.filter((one) => doors.some(({ droplet, port }) => covers(one, droplet) && letsEverybodyIn(one, port))),
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
