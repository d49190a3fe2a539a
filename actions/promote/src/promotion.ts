import { createHash } from 'node:crypto'
import type { Deployment } from '@deploy-actions/deployments'
import { Mistake } from '@deploy-actions/kit'
import { type BuildRecord, formatBuildRecord } from '@deploy-actions/release'

/** What was shown to the reviewer: handed from the plan to the job behind the gate. */
export interface Promotion {
  readonly schema: 1
  readonly from: string
  readonly to: string
  /** Of `from`. */
  readonly deployment: number
  readonly release: string
  /** Deployment that `to` runs; 0 for none. */
  readonly replaces: number
  /** Of the build record, and of what `to` gets of it. */
  readonly sha256: string
}

export function promotionOf(
  from: Deployment & { build: BuildRecord },
  target: BuildRecord,
  to: Deployment | undefined,
  names: { readonly from: string; readonly to: string },
): Promotion {
  const sha256 = createHash('sha256')
    .update(`${formatBuildRecord(from.build)}\n${formatBuildRecord(target)}`)
    .digest('hex')
  // Named one by one: whoever asks hands over all inputs, the token among them.
  return {
    schema: 1,
    from: names.from,
    to: names.to,
    deployment: from.id,
    release: from.payload?.release ?? '',
    replaces: to?.id ?? 0,
    sha256,
  }
}

export const formatPromotion = (promotion: Promotion): string => JSON.stringify(promotion)

/** Short enough to be typed; another for anything else that could be promoted. */
export const codeOf = (promotion: Promotion): string => createHash('sha256').update(formatPromotion(promotion)).digest('hex').slice(0, 8)

/** @throws Mistake */
export function parsePromotion(raw: string): Promotion {
  let data: Partial<Promotion> | null = null
  try {
    data = JSON.parse(raw)
  } catch {
    // told below
  }
  const { schema, from, to, deployment, release, replaces, sha256 } = data ?? {}
  if (schema !== 1 || !isText(from) || !isText(to) || !isText(release) || !isText(sha256) || !isId(deployment) || !isId(replaces))
    throw new Mistake('is no promotion', 'Pass the output `promotion` of the step with `phase: plan` unchanged.')
  return { schema, from, to, deployment, release, replaces, sha256 }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isId = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value)
