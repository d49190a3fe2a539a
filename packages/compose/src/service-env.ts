import { encodeComposeEnvFile } from '@deploy-actions/dotenv'
import { UserError } from '@deploy-actions/kit'
import { newValues, releaseEnvironment } from './base-model.ts'
import { type ComposeModel, serviceOf, undoubled } from './compose-model.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { ReleaseImages } from './release-image.ts'

export interface ServiceEnvRequest {
  readonly id: string
  readonly commit?: string | undefined
  readonly images: ReleaseImages
}

/** The text of `env/<service>.env` of a switched service: its environment as the container gets it, by name, with RELEASE_ID and GIT_SHA. */
export function serviceEnv(
  model: ComposeModel,
  name: string,
  { id, commit, images }: ServiceEnvRequest,
): { text: string; refusals: Refusal[] } {
  const service = serviceOf(model, name)
  const own = Object.entries(service.environment ?? {}).flatMap(([key, value]) =>
    value === null ? [] : [[key, undoubled(String(value))] as const],
  )
  const release = images.has(name) ? Object.entries(releaseEnvironment(service, newValues(images.get(name), id, commit))) : []
  const sorted = [...own, ...release].sort(([a], [b]) => (a < b ? -1 : 1))
  try {
    return { text: encodeComposeEnvFile(new Map(sorted)), refusals: [] }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { text: '', refusals: [refusal(error.code, `service "${name}": ${error.message}`, error.hint ?? '')] }
  }
}
