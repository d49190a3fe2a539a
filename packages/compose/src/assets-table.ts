import type { AssetsChoice } from './assets-line.ts'
import { type Refusal, refusal } from './refusal.ts'
import { unknownService } from './unknown-service.ts'

/** `assets.tsv`: lines `service path folder`. */
export const assetsTable = (assets: readonly AssetsChoice[]): string =>
  assets.map(({ service, path, from }) => `${service}\t${path}\t${from}\n`).join('')

/** Only what the edge stands in front of can be answered by it, and one path can come from one folder. */
export function assetsRefusals(assets: readonly AssetsChoice[], switched: readonly string[], names: readonly string[]): Refusal[] {
  return assets.flatMap((one, index) => {
    if (!names.includes(one.service)) return [unknownService(one.service, 'assets', names)]
    if (!switched.includes(one.service)) return [notSwitched(one.service)]
    return assets.slice(0, index).some((other) => other.service === one.service && overlap(other.path, one.path)) ? [twice(one)] : []
  })
}

const overlap = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`)

const notSwitched = (service: string): Refusal =>
  refusal(
    'DA-ASSETS-SERVICE',
    `\`assets\` names "${service}", which is not switched: the edge is not in front of it`,
    'Name the service that answers these URLs, and name it in `routes` or `switch` too.',
  )

const twice = ({ service, path }: AssetsChoice): Refusal =>
  refusal(
    'DA-ASSETS-SERVICE',
    `\`assets\` has two lines of "${service}" that both cover ${path}/*`,
    'Keep the one that covers more, or give them paths that do not overlap.',
  )
