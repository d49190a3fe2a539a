import type { BuildRecord, WorkflowRun } from '@deploy-actions/release'
import type { ImageResult } from './build-push.ts'
import type { RunFacts } from './run-facts.ts'
import { refOf } from './target.ts'

/** What a deploy needs to know, and nothing else. */
export function recordOf(results: readonly ImageResult[], facts: RunFacts, { run, repository }: WorkflowRun): BuildRecord {
  return {
    schema: 1,
    commit: facts.commit,
    committedAt: facts.committedAt ?? null,
    created: new Date(facts.now).toISOString(),
    ...(repository !== undefined && { repository }),
    ...(run !== undefined && { run }),
    images: Object.fromEntries(
      results.map(({ target, digest, described }) => [
        target.name,
        {
          ref: refOf(target),
          digest,
          platforms: [...(described?.platforms.keys() ?? [])],
          tags: [...target.tags.all],
          ...(target.wanted.variant !== undefined && { variant: target.wanted.variant }),
        },
      ]),
    ),
  }
}
