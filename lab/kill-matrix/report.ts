import { plainTable } from '../scenarios/plain-table.ts'
import type { KeptTrial } from './kept.ts'
import type { Trial } from './trial.ts'

const head = ['part', 'killed when', 'what', 'serves', 'lock free after, s', 'sent', 'lost', 'result']

const cells = ({ point, killer, served, settledAfter, sent, lost, problems }: Trial): string[] => [
  point.part,
  point.name,
  killer,
  served,
  settledAfter.toFixed(1),
  String(sent),
  String(lost),
  problems.length === 0 ? 'ok' : 'WRONG',
]

export const killTable = (trials: Trial[]): string => plainTable(head, trials.map(cells))

/** docs/kill-matrix.md, of the kills that were played; `all` is how many there are. */
export function killDocument(trials: KeptTrial[], all: number): string {
  const wrong = trials.filter(({ problems }) => problems.length > 0).length
  const dates = trials.map(({ date }) => date).sort()
  const row = (values: string[]): string => `| ${values.join(' | ')} |`
  return `# Kill matrix

Written by \`npm run kill-matrix -- --write\`, from ${dates[0]} to ${dates.at(-1)}: ${trials.length} of the ${all} kills that there are, ${wrong} ended wrong.

Each line is one run on a host in the lab (\`three hosts\`: on three, of which the second is struck), under requests all the time, in which something was killed with no chance to say goodbye:
the runner (the action's process), the connection (reset on both sides, or, \`silence\`, without a packet arriving any more), the agent on
the host, the agent together with the processes that read for it and watch over it, the Docker daemon (which comes back after two
seconds), or the box (its power is cut, and comes back at once). Afterwards:

- one complete release serves, web and api of the same version: the old one if the kill came before the switch, the new one if it
  came after the verification, either in between;
- the lock is free as soon as the agent is gone, and nobody has to remove anything;
- a run whose connection was lost has connected again and come to its end, so the new one serves; one that goes on with a
  candidate, or lived through the death of the Docker daemon, says the truth about what serves;
- \`release doctor\` on the host settles what is left and is content (left out where the connection was lost: there the next deploy
  settles it alone);
- of three hosts each serves one complete release, the run says the truth about them, and the next deploy brings them together;
- the next deploy succeeds, nothing is left behind, and no request was lost, from before the kill until after that deploy. A box without
  power serves nobody, nor does one whose daemon comes back, because Docker then ends all containers and starts them again (without
  \`live-restore\`): what was lost there is counted, and not judged. So is what a handover loses in \`adoption\`.

${[row([...head, 'on']), row([...head, 'on'].map(() => '---')), ...trials.map((trial) => row([...cells(trial), trial.date]))].join('\n')}
`
}
