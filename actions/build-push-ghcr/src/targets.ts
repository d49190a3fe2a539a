import { wantedImages } from './image-list.ts'
import { imageName } from './image-name.ts'
import type { BuildInputs } from './inputs.ts'
import { ociLabels } from './oci-labels.ts'
import type { RunFacts } from './run-facts.ts'
import { flavorOf, type Tags, tagsOf } from './tags.ts'
import type { Target } from './target.ts'

/** The images to build, with names, tags and labels. @throws UserError DA-TAGS-NONE, DA-TAGS-INVALID */
export function targetsOf(inputs: BuildInputs, facts: RunFacts): Target[] {
  const single = facts.repository?.split('/')[1]?.toLowerCase() ?? 'app'
  return wantedImages(inputs, single).map((wanted) => {
    const tags = ofVariant(tagsOf(wanted.tags, flavorOf(wanted.flavor), facts), wanted.variant)
    return {
      name: wanted.name,
      reference: imageName(wanted, { registry: inputs.registry, repository: facts.repository }),
      wanted,
      tags,
      labels: ociLabels(facts, tags, wanted.labels),
      annotations: ociLabels(facts, tags, wanted.annotations),
    }
  })
}

function ofVariant({ all, version }: Tags, variant: string | undefined): Tags {
  return variant === undefined ? { all, version } : { all: all.map((tag) => `${tag}-${variant}`), version: `${version}-${variant}` }
}
