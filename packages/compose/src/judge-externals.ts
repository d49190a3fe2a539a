import { type ComposeModel, type ComposeService, serviceOf } from './compose-model.ts'
import type { HostFacts } from './host-facts.ts'
import type { Judged } from './judged.ts'
import { type Refusal, refusal } from './refusal.ts'
import { networksOf } from './service-names.ts'
import { volumesOf } from './slot-model.ts'

/** Networks and volumes that somebody else makes (`external: true`): Compose would miss them when the first container is made. */
export function judgeExternals({ host, networks, volumes }: HostFacts, { model, lines }: Judged): Refusal[] {
  const running = lines.filter(({ strategy }) => strategy !== 'off').map(({ service }) => serviceOf(model, service))
  const missing = (kind: 'networks' | 'volumes', of: (service: ComposeService) => string[], there: readonly string[]) =>
    externalNames(model[kind], new Set(running.flatMap(of))).filter((name) => !there.includes(name))
  return [
    ...missing('networks', networksOf, networks).map((name) => absent('DA-NETWORK-MISSING', 'network', name, host)),
    ...missing(
      'volumes',
      volumesOf,
      volumes.map(({ name }) => name),
    ).map((name) => absent('DA-VOLUME-MISSING', 'volume', name, host)),
  ]
}

function externalNames(definitions: ComposeModel['networks'], used: ReadonlySet<string>): string[] {
  return Object.entries(definitions ?? {}).flatMap(([key, definition]) =>
    used.has(key) && definition?.external === true ? [definition.name ?? key] : [],
  )
}

const absent = (code: 'DA-NETWORK-MISSING' | 'DA-VOLUME-MISSING', kind: string, name: string, host: string): Refusal =>
  refusal(
    code,
    `the ${kind} "${name}" does not exist on ${host}, and the file says \`external: true\` for it`,
    `Make it there (\`docker ${kind} create ${name}\`), or remove \`external: true\`: then this project makes its own.`,
  )
