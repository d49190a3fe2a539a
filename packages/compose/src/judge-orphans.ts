import { type ComposeModel, serviceOf } from './compose-model.ts'
import { writableVolumes } from './data-mounts.ts'
import type { HostContainer, HostFacts } from './host-facts.ts'
import type { Judged, JudgeOptions } from './judged.ts'
import { type Refusal, refusal } from './refusal.ts'
import { isReplacedIn } from './replaced-proxy.ts'
import { writesNothing } from './service-changes.ts'
import { realName } from './service-names.ts'
import { isDatabaseImage, programOf } from './stateful.ts'

// Containers of services that the release does not have. Compose leaves them alone, and so do we unless we are asked.

/** Running or not. */
export function orphans(
  { containers }: HostFacts,
  { model }: Pick<Judged, 'model'>,
  { project }: Pick<JudgeOptions, 'project'>,
): HostContainer[] {
  return containers.filter(
    ({ project: of, app, service, oneOff = false }) =>
      of === project && app === undefined && !oneOff && service !== undefined && !Object.hasOwn(model.services, service),
  )
}

/** Whether `remove-orphans` would have something to do. */
export const hasOrphans = (...asked: Parameters<typeof orphans>): boolean => orphans(...asked).length > 0

/** As Compose has it: what a file no longer names is told, and goes only when that is asked for. */
export function orphanNotices(facts: HostFacts, plan: Judged, options: JudgeOptions): string[] {
  // Of those that the edge replaces the adoption tells.
  const left = orphans(facts, plan, options).filter((one) => !isReplacedIn(one, facts, plan, options))
  if (options.removeOrphans === true) {
    const names = [...new Set(left.map(({ service }) => service))]
    return names.map(
      (service) => `${service} is not in this release: after the switch it is stopped and its containers are removed (volumes stay).`,
    )
  }
  return left
    .filter(({ state }) => state === 'running')
    .map(({ service, names: [name = ''] }) => {
      const why = `this release does not have it (it was taken out of the file, or its profile is not active)`
      const how = `\`remove-orphans: true\`, or \`docker stop ${name} && docker rm ${name}\` on the host, removes it (volumes stay).`
      return `${service} of project "${options.project}" still runs, and ${why}. It is left alone; ${how}`
    })
}

/** A database under a new name beside the one under its old name: two programs that write to the same files destroy them. */
export function judgeTwins(facts: HostFacts, plan: Judged, options: JudgeOptions): Refusal[] {
  const running = orphans(facts, plan, options).filter(({ state }) => state === 'running')
  const starting = plan.lines.filter(({ strategy }) => strategy === 'start' || strategy === 'recreate')
  return starting
    .filter(({ service }) => plan.stateful.includes(service))
    .flatMap(({ service }) => {
      const mounts = mountsOf(plan.model, service, options.project)
      const image = serviceOf(plan.model, service).image
      const twin = running.find((one) => mayWrite(one, image, options) && (one.mounts ?? []).some((mount) => mounts.includes(mount)))
      return twin === undefined ? [] : [refuseTwin(service, twin, (twin.mounts ?? []).find((mount) => mounts.includes(mount)) ?? '')]
    })
}

/** Whether it may be a second database: not where the live release tells that it only reads, as a backup does, or is another program that is none. */
function mayWrite({ service = '' }: HostContainer, image: string | undefined, { live = {} }: JudgeOptions): boolean {
  const before = live[service]
  if (before?.image === undefined) return true
  return !writesNothing(before.fields) && (isDatabaseImage(before.image) || programOf(before.image) === programOf(image))
}

function refuseTwin(service: string, { service: old = '', names: [name = ''] }: HostContainer, mount: string): Refusal {
  const message = `"${service}" would start on "${mount}", and "${old}", which this release does not have, still runs on it: two databases on the same files destroy them`
  const hint = `If "${old}" was renamed, name it "${old}" again. Or, at a quiet moment: \`docker stop ${name} && docker rm ${name}\` on the host (the data stay; what needs it fails meanwhile), then deploy again.`
  return refusal('DA-STATEFUL-TWICE', message, hint)
}

/** The names on the host of what a service writes to. */
const mountsOf = (model: ComposeModel, service: string, project: string): string[] =>
  writableVolumes(serviceOf(model, service))
    .filter((source) => !SYSTEM.test(source))
    .map((source) => (source.startsWith('/') ? source : realName(project, source, model.volumes?.[source])))

/** Of the host itself: many services have them, and none has its data there. */
const SYSTEM = /^\/(etc\/(localtime|timezone)|(var\/)?run\/docker\.sock|dev|proc|sys)(\/|$)/
