import type { ComposeModel, ComposeService } from './compose-model.ts'
import { type Refusal, refusal } from './refusal.ts'
import { isStored } from './stored-files.ts'

/** What base services may not borrow from a switched one: after the split there is no container of that name in their project. */
export function baseRefusals(model: ComposeModel, switched: ReadonlySet<string>): Refusal[] {
  return Object.entries(model.services)
    .filter(([name]) => !switched.has(name))
    .flatMap(([name, service]) => borrowed(name, service, switched))
}

function borrowed(name: string, service: ComposeService, switched: ReadonlySet<string>): Refusal[] {
  const refusals: Refusal[] = []
  for (const key of ['network_mode', 'ipc', 'pid'] as const) {
    const owner = /^service:(.+)$/.exec(service[key] ?? '')?.[1]
    if (owner === undefined || !switched.has(owner)) continue
    const code = key === 'network_mode' ? 'DA-SWITCH-NETWORK-MODE' : 'DA-SWITCH-NAMESPACE'
    const hint = `Take "${owner}" out of \`routes\` and \`switch\`, or \`${key}\` out of "${name}".`
    refusals.push(refusal(code, `service "${name}" has \`${key}: service:${owner}\`, and "${owner}" is switched`, hint))
  }
  const from = service.volumes_from?.map((line) => line.split(':')[0] ?? '').find((owner) => switched.has(owner))
  if (from !== undefined) {
    const hint = 'Name the volumes under `volumes` of both services instead.'
    refusals.push(refusal('DA-SWITCH-VOLUMES-FROM', `service "${name}" takes volumes from "${from}", which is switched`, hint))
  }
  return refusals
}

/** What Compose itself does around the start of a container; here the host's agent starts it, by Docker alone. */
const COMPOSE_ONLY = ['pre_start', 'post_start', 'pre_stop', 'provider', 'models'] as const

export function composeOnlyRefusals(model: ComposeModel, starts: (name: string) => boolean): Refusal[] {
  return Object.entries(model.services)
    .filter(([name]) => starts(name))
    .flatMap(([name, service]) =>
      COMPOSE_ONLY.filter((key) => service[key] !== undefined).map((key) => {
        const message = `service "${name}" has \`${key}\`, which only Compose itself carries out when it starts or stops a container`
        return refusal(
          'DA-SERVICE-UNSUPPORTED',
          message,
          `Do that in the image's entrypoint, or in a service of its own that others wait for (\`service_completed_successfully\`).`,
        )
      }),
    )
}

/** Notes on base services with `links` to a switched one: Compose takes the link up in their definition. */
export function linkNotes(model: ComposeModel, switched: ReadonlySet<string>): string[] {
  return Object.entries(model.services)
    .filter(([name, { links }]) => !switched.has(name) && (links ?? []).some((link) => switched.has(link.split(':')[0] ?? '')))
    .map(([name]) => `${name} has \`links\` to a switched service and is recreated once, by the first deploy`)
}

/** Notes on what both slots of a switched service write to while both run. */
export function sharedVolumeNotes(name: string, service: ComposeService): string[] {
  return (service.volumes ?? [])
    .filter(
      ({ type, source, read_only }) =>
        (type === 'volume' || type === 'bind') && source !== undefined && source !== '' && !isStored(source) && read_only !== true,
    )
    .map(({ source, target }) => `${name}: both slots write to ${source} (at ${target}) while both run`)
}
