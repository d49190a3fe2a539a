import type { BuildInputs } from './inputs.ts'
import { refOf, type Target } from './target.ts'
import type { VerifySpec } from './verify-spec.ts'

/** What a dry run shows. */
export function planLines(targets: readonly Target[], { push, phase }: BuildInputs): string[] {
  return targets.flatMap((target) => {
    const { wanted, name, tags } = target
    const platforms = wanted.platforms.length === 0 ? "the builder's platform" : wanted.platforms.join(', ')
    const tag = push && phase !== 'build' ? `tag ${tags.all.join(', ')}` : 'give it no tag'
    return [
      `would build ${name} from ${wanted.context} for ${platforms}${push ? `, push it to ${refOf(target)} by digest` : ''}, ${starting(wanted.verify)}, and ${tag}`,
    ]
  })
}

function starting(verify: VerifySpec | 'off'): string {
  if (verify === 'off') return 'not start it'
  const needed = verify.companions.map(({ name }) => name)
  return `start it${needed.length === 0 ? '' : ` with ${needed.join(', ')}`}`
}
