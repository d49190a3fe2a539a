import { report as reportBackup } from '@deploy-actions/backup/part'
import { type DeployResult, report as reportDeploy } from '@deploy-actions/deploy-compose-ssh/part'
import type { Place } from '@deploy-actions/hosts'
import { type Outputs, type Run, reportFailure, UserError, type Verdict } from '@deploy-actions/kit'
import type { Files } from '@deploy-actions/probe'
import { report as reportRollback } from '@deploy-actions/rollback/part'
import { report as reportMigrations } from '@deploy-actions/run-migrations/part'
import { report as reportSmoke, requestOf } from '@deploy-actions/smoke-test/part'
import { report as reportEnv } from '@deploy-actions/sync-env/part'
import { smokeInputs } from './part-inputs.ts'
import type { Released, ReleaseStatus, Results } from './parts.ts'
import { isOthers } from './words.ts'
import type { ReleaseRequest } from './world.ts'

type Ports = Run & { readonly files: Files; readonly hosts: readonly Pick<Place, 'name'>[] }

const HEADINGS: Readonly<Record<ReleaseStatus, string>> = {
  deployed: '✅ Released',
  unchanged: '✅ Unchanged: this release is live already',
  planned: '📋 Planned: nothing was changed',
  prepared: '⏸️ Prepared',
  aborted: '🛑 Aborted: nobody noticed, the old release serves',
  reverted: '↩️ Reverted: the old release serves again',
  'rolled-back': '↩️ Rolled back: the smoke test was red, the old release serves again',
  failed: '❌ Failed',
}

const MARKS = { done: '✅', planned: '📋', warned: '⚠️', failed: '❌' } as const

/** Tells how the release ended: what was done and what stands first, then what each part has to say. */
export function report(released: Released, request: ReleaseRequest, ports: Ports): Verdict {
  const { outputs, log, env } = ports
  const { status, ends, results } = released
  for (const { error } of ends) if (error !== undefined) reportFailure(error, log, env)
  const failed = ends.find((end) => end.state === 'failed')
  outputs.set('status', status)
  outputs.set('failed-part', failed?.part ?? '')
  head(released, request, ports)
  reportParts(released, request, ports)
  setOutputs(results, outputs)
  return failed === undefined ? 'ok' : 'failed'
}

function head(released: Released, { app, directory }: ReleaseRequest, { summary, hosts }: Pick<Ports, 'summary' | 'hosts'>): void {
  const { status, ends, note } = released
  summary.heading(`${HEADINGS[status]} — ${app} on ${hosts.length === 1 ? `\`${hosts[0]?.name}\`` : `${hosts.length} hosts`}`)
  summary.table(
    ['', 'Part', 'What became of it'],
    ends.map(({ part, state, told }) => [MARKS[state], part, told]),
  )
  const stands = whatStands(released, directory)
  if (stands.length > 0) summary.text(`What stands: ${stands.join('; ')}.`)
  if (note !== undefined) summary.text(note)
  const code = ends.map(({ error }) => error).find((error) => error instanceof UserError)?.code
  if (code !== undefined) summary.text(`What to do about it: docs/errors.md, entry ${code}.`)
}

/** Of a release that did not come through: what was changed all the same, and what serves. */
function whatStands(released: Released, directory: string): string[] {
  const { env, backup, migrate } = released.results
  if (released.ends.every(({ state }) => state !== 'failed')) return []
  const made = backup?.id || (migrate?.backup === 'nothing-to-back-up' ? '' : migrate?.backup)
  return [
    ...(env?.status === 'written' ? [`${env.name} has the new values (as it was: \`backups/env\`)`] : []),
    ...(made ? [`backup \`${made}\``] : []),
    ...(migrate !== undefined && migrate.applied.length > 0
      ? [`the migrations ${migrate.applied.map((id) => `\`${id}\``).join(', ')}`]
      : []),
    ...whatServes(released, directory),
  ]
}

function whatServes({ unknown, results: { deploy, rollback } }: Released, directory: string): string[] {
  const ask = `\`${directory}/bin/release status\``
  if (unknown) return [`nobody knows here what serves, because the connection was lost: on the host ${ask} says it`]
  if (deploy === undefined) return ['what served before serves on']
  const hosts = rollback === undefined || isOthers(rollback) ? deploy.hosts : rollback.hosts
  const lost = hosts.filter(({ status }) => status === 'lost').map(({ name }) => name)
  const serves = liveAfter(deploy, rollback)
  return [
    serves ? `\`${serves}\` serves` : 'nothing serves',
    ...(lost.length === 0 ? [] : [`${lost.join(', ')} could not be asked any more: there ${ask} says what serves`]),
  ]
}

/** Empty where nothing is. */
function liveAfter(deploy: DeployResult, rollback: Results['rollback']): string | undefined {
  if (rollback !== undefined && isOthers(rollback)) return rollback.live
  if (rollback !== undefined && !['aborted', 'reverted'].includes(rollback.status)) return rollback.release
  return ['aborted', 'reverted', 'prepared'].includes(deploy.status) ? deploy.hosts[0]?.live.release : deploy.release
}

/** Each part in its own words, and with those of its outputs that count here. */
function reportParts({ results, unknown }: Released, request: ReleaseRequest, ports: Ports): void {
  const { env, backup, migrate, deploy, candidate, smoke, rollback } = results
  const saying = (...names: string[]) => ({ ...ports, outputs: only(names, ports) })
  if (env) reportEnv(env, saying())
  if (backup) reportBackup(backup, request, saying())
  if (migrate) reportMigrations(migrate, request, saying())
  if (candidate)
    reportSmoke({ smoke: candidate, warm: { did: 'none' } }, smokeRequest(request, ports, 'candidate'), saying('verdict', 'report'))
  // Of one whose switch was lost it could only say that it waits.
  if (deploy && !(unknown && deploy.status === 'prepared'))
    reportDeploy(deploy, request, saying('release-id', 'previous-release-id', 'images', 'hosts', 'timings'))
  const back = rollback !== undefined && !isOthers(rollback) ? rollback : undefined
  const warm = { did: back?.status === 'rolled-back' ? ('rolled-back' as const) : ('none' as const) }
  if (smoke) reportSmoke({ smoke, warm }, smokeRequest(request, ports), saying('verdict', 'report'))
  if (back) reportRollback(back, { ...request, inputs: { reason: 'the smoke test was red' } }, saying('release-id', 'previous-release-id'))
}

/** As the smoke test was asked. */
export function smokeRequest({ inputs, run }: ReleaseRequest, ports: Ports, candidate?: 'candidate', releaseId?: string) {
  const header = candidate && { name: 'x-deploy-candidate', value: '' }
  return requestOf({ ...smokeInputs(inputs, inputs.url as URL, header), releaseId }, run, ports)
}

function only(names: readonly string[], { outputs, secrets }: Ports): Outputs {
  return {
    set: (name, value) => {
      if (names.includes(name)) outputs.set(name, value)
    },
    setSecret: (_name, value) => secrets.add(value),
    has: () => false,
    all: () => new Map(),
  }
}

function setOutputs({ env, backup, migrate }: Results, outputs: Outputs): void {
  const changes = env?.places.flatMap(({ changes: { added, changed, removed } }) => [...added, ...changed, ...removed])
  if (changes) outputs.set('env-changed', [...new Set(changes)])
  if (backup || migrate)
    outputs.set('backup', backup?.id || (backup?.status === 'nothing-to-back-up' ? backup.status : (migrate?.backup ?? '')))
  if (migrate) outputs.set('applied', migrate.applied)
}
