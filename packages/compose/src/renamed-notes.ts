import type { ComposeModel } from './compose-model.ts'
import { serviceOf } from './compose-model.ts'
import type { CurrentRelease } from './release-request.ts'
import type { Strategies } from './strategies.ts'

/** A base service gone and another new with the same image: perhaps it has only another name now, and would run twice. */
export function renamedNotes(
  model: ComposeModel,
  { byService }: Strategies,
  { current, removeOrphans = false }: { readonly current?: CurrentRelease | undefined; readonly removeOrphans?: boolean | undefined },
): string[] {
  if (current === undefined) return []
  const gone = Object.keys(current.base).filter((name) => !Object.hasOwn(model.services, name))
  const added = [...byService].filter(([, { kind }]) => kind === 'start').map(([name]) => name)
  return added.flatMap((name) => {
    const image = repositoryOf(serviceOf(model, name).image)
    const old = gone.find((one) => image !== undefined && repositoryOf(current.images[one]) === image)
    if (old === undefined) return []
    const both = removeOrphans
      ? `${old} is removed after the switch, and both may run until then`
      : `both run until ${old} is removed (\`remove-orphans: true\`)`
    return [`${name} is new, with the image of ${old}, which is not in this release. If ${old} was only renamed: ${both}`]
  })
}

/** Without tag and digest. */
const repositoryOf = (image: string | undefined): string | undefined => image?.split('@')[0]?.replace(/:[^:/]*$/, '')
