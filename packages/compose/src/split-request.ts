import type { EdgePlan } from './edge-plan.ts'
import type { TextObjects } from './file-objects.ts'
import type { ReleaseImages } from './release-image.ts'
import type { LiveService, Strategies } from './strategies.ts'

/** What the five models are made from. */
export interface SplitRequest {
  readonly app: string
  readonly project: string
  readonly id: string
  readonly commit?: string | undefined
  readonly appDirectory: string
  readonly edgeImage: string
  readonly images: ReleaseImages
  readonly strategies: Strategies
  readonly edge: EdgePlan
  /** Base services of the live release: their release variables stay while their definition does. */
  readonly live?: Readonly<Record<string, LiveService>> | undefined
  readonly configTexts: TextObjects
  readonly secretTexts: TextObjects
  /** Where a text of a base service lies on the host. */
  readonly storeText: (name: string, text: Buffer) => string
}

/** Names of the switched services, in the model's order. */
export const switchedOf = ({ byService }: Strategies): string[] =>
  [...byService].filter(([, { kind }]) => kind === 'switch').map(([name]) => name)
