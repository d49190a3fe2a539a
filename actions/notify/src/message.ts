import type { WorkflowRun } from '@deploy-actions/release'
import type { Event } from './event.ts'
import type { Step } from './steps.ts'

/** Everything that a message says. */
export interface Message {
  readonly event: Event
  readonly environment: string | undefined
  readonly text: string | undefined
  readonly steps: readonly Step[]
  readonly run: WorkflowRun
  /** When it happened, milliseconds since 1970. */
  readonly at: number
}

const HEADINGS: Readonly<Record<Event, string>> = {
  failed: '🔴 failed',
  reverted: '🟠 failed, and the release before serves again',
  'rolled-back': '🟠 rolled back',
  waiting: '✋ waits for an approval',
  cancelled: '⚪ cancelled',
  succeeded: '🟢 done',
}

/** As Slack's incoming webhooks take it (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): `text` with links in angle brackets. */
export function slackMessage(message: Message): { text: string } {
  const { event, environment, text, steps, run } = message
  const about = [run.repository ?? 'deploy', ...(environment === undefined ? [] : [environment])].join(' → ')
  const lines = [
    `*${escaped(about)}*: ${HEADINGS[event]}`,
    ...toldSteps(steps).map((step) => `• ${escaped(toldStep(step))}`),
    ...(text === undefined ? [] : [escaped(text)]),
    [
      ...(run.run === undefined ? [] : [`<${run.run.url}|run ${run.run.id}>`]),
      ...(run.commit === undefined ? [] : [`commit ${run.commit.slice(0, 7)}`]),
      ...(run.actor === undefined ? [] : [`by ${escaped(run.actor)}`]),
    ].join(', '),
  ]
  return { text: lines.filter((line) => line !== '').join('\n') }
}

/** For programs; fields may be added, those here stay. */
export function jsonMessage({ event, environment, text, steps, run, at }: Message): Record<string, unknown> {
  return {
    'deploy-actions': 1,
    event,
    ...(environment !== undefined && { environment }),
    ...(run.repository !== undefined && { repository: run.repository }),
    ...(run.commit !== undefined && { commit: run.commit }),
    ...(run.actor !== undefined && { actor: run.actor }),
    ...(run.run !== undefined && { run: run.run }),
    steps: toldSteps(steps).map(({ id, outcome, status, release }) => ({
      ...{ id, outcome },
      ...(status !== undefined && { status }),
      ...(release !== undefined && { release }),
    })),
    ...(text !== undefined && { text }),
    at: new Date(at).toISOString(),
  }
}

/** Steps of ours, and whatever failed. */
const toldSteps = (steps: readonly Step[]): Step[] =>
  steps.filter(({ outcome, status }) => outcome !== 'skipped' && (status !== undefined || outcome !== 'success'))

function toldStep({ id, outcome, status, release }: Step): string {
  return `${id}: ${status ?? outcome}${release === undefined ? '' : ` (${release})`}`
}

/** Slack's three characters with a meaning (https://docs.slack.dev/messaging/formatting-message-text). */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
