import type { AgentEvent } from './agent.ts'

/** What was seen of a release in its first moments. */
export interface Watched {
  /** Sentences for a warning each: a secret stands in a log. */
  readonly warnings: string[]
  /** Sentences for the summary. */
  readonly notes: string[]
}

/** What the host told of the answers and the logs of the new release. */
export function watchedIn(events: readonly AgentEvent[]): Watched {
  const fieldsOf = (wanted: string) => events.filter(({ name }) => name === wanted).map(({ fields }) => fields)
  const warnings = fieldsOf('secret-in-log').map(
    ({ service, name }) =>
      `the log of ${service} has the value of ${name}: whoever can read the log has it. Log less, and give it a new value`,
  )
  const answers = fieldsOf('answers').at(-1)
  const lines = fieldsOf('log-errors').at(-1)?.count
  return {
    warnings,
    notes: [
      ...(answers === undefined ? [] : [answersText(answers)]),
      ...(lines === undefined
        ? []
        : [`The new release logged ${lines} lines of errors in its first moments; they stand in the log of this step.`]),
      ...warnings.map((warning) => `⚠️ ${warning.charAt(0).toUpperCase()}${warning.slice(1)}.`),
    ],
  }
}

function answersText(answers: AgentEvent['fields']): string {
  const slow =
    answers.p95 === ''
      ? ''
      : ` 95 of 100 came within ${answers.p95} ms${answers['before-p95'] === '' ? '' : ` (before: ${answers['before-p95']} ms)`}.`
  return `While it was verified: ${answers.all} answers, ${answers.bad} of them 5xx (before the switch: ${answers['before-bad']} of ${answers['before-all']}).${slow}`
}
