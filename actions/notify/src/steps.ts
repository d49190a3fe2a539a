/** What is told of a step of the job. */
export interface Step {
  readonly id: string
  readonly outcome: 'success' | 'failure' | 'cancelled' | 'skipped'
  /** The output `status` of an action of ours. */
  readonly status: string | undefined
  /** The release that serves, or that would have. */
  readonly release: string | undefined
  /** A promotion that was planned and not yet approved. */
  readonly waits: boolean
  /** The smoke test went back to the release that was kept warm. */
  readonly wentBack: boolean
}

/** Reads the `steps` context of GitHub; undefined when the text is something else. Of outputs only those of known forms are taken: the message goes to other people. */
export function stepsOf(text: string): Step[] | undefined {
  let context: unknown
  try {
    context = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(context)) return undefined
  const steps = Object.entries(context).map(([id, step]) => stepOf(id, step))
  return steps.every((step) => step !== undefined) ? steps : undefined
}

function stepOf(id: string, step: unknown): Step | undefined {
  if (!isObject(step)) return undefined
  // `outcome` is what happened, `conclusion` what `continue-on-error` made of it.
  const { outcome } = step
  if (outcome !== 'success' && outcome !== 'failure' && outcome !== 'cancelled' && outcome !== 'skipped') return undefined
  const outputs = isObject(step.outputs) ? step.outputs : {}
  const status = wordOf(outputs.status, /^[a-z-]{1,32}$/)
  return {
    ...{ id, outcome, status },
    release: wordOf(outputs['release-id'], /^[\w.-]{1,80}$/),
    waits: status === 'planned' && wordOf(outputs.promotion, /./) !== undefined,
    wentBack: status === 'rolled-back' || outputs.warm === 'rolled-back',
  }
}

const wordOf = (value: unknown, form: RegExp): string | undefined => (typeof value === 'string' && form.test(value) ? value : undefined)

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
