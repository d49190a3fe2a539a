import type { ComposeService } from './compose-model.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { Health, HealthChoice } from './service-lines.ts'
import type { SwitchCandidate } from './switch-rules.ts'

/**
 * How a switched service is known to be ready: by the `health` input, else the file's health check, else the image's.
 * Nothing known is a refusal: a blind wait would switch to a release that does not work.
 */
export function healthOf(
  { name, service, image, port = 8000 }: SwitchCandidate & { readonly port?: number | undefined },
  choices: readonly HealthChoice[],
): Health | Refusal {
  const chosen = choices.find((choice) => choice.service === name)?.health
  if (chosen !== undefined && chosen.kind !== 'docker') return chosen
  if (fileCheck(service) === 'present' || (fileCheck(service) === 'absent' && image?.healthcheck === true)) return { kind: 'docker' }
  const why =
    chosen === undefined ? 'nothing says when it is ready' : '`health` says docker, but neither the file nor its image has a health check'
  const off = fileCheck(service) === 'off' ? ' (the file switches its health check off)' : ''
  const hint = `Add a line to \`health\`: \`${name}: http :${port}/health\`, \`${name}: tcp :${port}\` or \`${name}: none 10s\`; or a healthcheck to the file.`
  return refusal('DA-HEALTH-MISSING', `service "${name}" is switched, but ${why}${off}`, hint)
}

/** What the file says about a service's health check; `absent` leaves it to the image. */
export function fileCheck({ healthcheck }: ComposeService): 'present' | 'absent' | 'off' {
  if (healthcheck === undefined || healthcheck === null) return 'absent'
  if (healthcheck.disable === true) return 'off'
  const test = typeof healthcheck.test === 'string' ? [healthcheck.test] : (healthcheck.test ?? [])
  if (test[0] === 'NONE') return 'off'
  return test.length === 0 ? 'absent' : 'present'
}
