import { appendFileSync } from 'node:fs'
import * as core from '@actions/core'
import type { FilePlace, Runner } from './runner.ts'

const annotations = { notice: core.notice, warning: core.warning, error: core.error }

/** GitHub's runner, by way of `@actions/core` (this file is its only importer). */
export function githubRunner(write: (text: string) => void, env: Readonly<Record<string, string | undefined>>): Runner {
  return {
    kind: 'github',
    write,
    annotate: (level, message, title, at) => annotations[level](message, { ...(title !== undefined && { title }), ...placeOf(at) }),
    debug: (message) => core.debug(message),
    mask: (value) => core.setSecret(value),
    setOutput: (name, value) => core.setOutput(name, value),
    saveState: (name, value) => core.saveState(name, value),
    state: (name) => core.getState(name),
    appendSummary(markdown) {
      if (!env.GITHUB_STEP_SUMMARY) return false
      appendFileSync(env.GITHUB_STEP_SUMMARY, markdown)
      return true
    },
  }
}

function placeOf(at: FilePlace | undefined): core.AnnotationProperties {
  if (at === undefined) return {}
  return { file: at.file, startLine: at.line, ...(at.column !== undefined && { startColumn: at.column }) }
}
