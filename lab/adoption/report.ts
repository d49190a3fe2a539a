import { plainTable } from '../scenarios/plain-table.ts'
import type { Adopted } from './play.ts'

const head = ['started by hand', 'port away, ms', 'handover, ms', 'first: s', 'sent', 'lost', 'second: s', 'sent', 'lost', 'kept']

const cells = ({ layout, first, second, portAway, handover, problems }: Adopted): string[] => [
  layout.title,
  portAway === undefined ? '-' : String(portAway),
  String(handover),
  first.seconds.toFixed(1),
  String(first.sent),
  String(first.lost),
  second.seconds.toFixed(1),
  String(second.sent),
  String(second.lost),
  problems.length === 0 ? 'all' : 'WRONG',
]

export const adoptionTable = (all: Adopted[]): string => plainTable(head, all.map(cells))

/** docs/adoption.md. */
export function adoptionDocument(all: Adopted[], date: Date): string {
  const row = (values: string[]): string => `| ${values.join(' | ')} |`
  return `# Adoption, measured

Written by \`npm run adoption -- --write\` on ${date.toISOString().slice(0, 10)}.

Each line is a project that was started by hand on a bare host of the lab (\`docker compose up -d\` in its folder, PostgreSQL with rows in it, Redis, a
Python app), then taken over with the step of the [guide](guide-adoption.md#three-layouts) under 60 requests a second (GET, POST, keep-alive or not, slow
ones; every POST writes a row, counts in Redis and queues a job), and then deployed once more.

- *port away*: how long no published port of a switched service answered, as the run printed it; \`-\`: a proxy in front has the ports, and nothing closes.
- *handover*: from its first line in the log to the last. Lost requests were under way in that time, and at no other.
- *kept*: \`all\` when the rows, the volumes, the containers of database, cache and proxy, the serial number of the certificate, and the env files (content,
  owner, mode, time) are what they were, after the dry run, the first and the second deploy; \`release doctor\` is content.

${[row(head), row(head.map(() => '---')), ...all.map((one) => row(cells(one)))].join('\n')}
`
}
