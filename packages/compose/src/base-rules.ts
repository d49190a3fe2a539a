import type { ComposeModel, ComposeService } from './compose-model.ts'
import { type Refusal, refusal } from './refusal.ts'

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
        (type === 'volume' || type === 'bind') && source !== undefined && source !== '' && read_only !== true,
    )
    .map(({ source, target }) => `${name}: both slots write to ${source} (at ${target}) while both run`)
}
