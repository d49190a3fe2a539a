import type { AgentFacts } from '@deploy-actions/agent'
import { databaseAt, judgeDocker } from '@deploy-actions/compose'
import { type Finding, fail, leftOut, ok, warn } from './finding.ts'

/** What host-questions.sh said: by name, several of one name possible. */
export type HostAnswers = readonly (readonly [name: string, value: string])[]

export const readAnswers = (text: string): HostAnswers =>
  text
    .split('\n')
    .filter((line) => line.includes('\t'))
    .map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1).trim()])

const SCRIPT = 'Run deploy/setup-host.sh on it again, which sets this.'

/** What speaks against a host, or is worth knowing of it. */
export function judgeHost(facts: AgentFacts, answers: HostAnswers): Finding[] {
  const docker = judgeDocker(facts)
  const versions =
    docker.length > 0
      ? docker.map(({ code, message, hint }) => fail(`${code}: ${message}`, hint))
      : [ok(`Docker ${facts.dockerVersion}, Compose ${facts.composeVersion}`)]
  const missing = answers.flatMap(([name, program]) =>
    name === 'missing' ? [fail(`${program} is not there, and the agent needs it`, `Install the package of ${program}.`)] : [],
  )
  return [...versions, ...missing, ...disk(facts), ...openPorts(facts), ...web(facts), ...settings(answers), ...live(facts)]
}

const GB = 1_000_000_000
const gigabytes = (bytes: number) => `${(bytes / GB).toFixed(1)} GB`

function disk({ freeDocker }: AgentFacts): Finding[] {
  if (freeDocker === undefined) return [leftOut('free space', 'it could not be told')]
  const what = `${gigabytes(freeDocker)} free for images`
  const mend = '`docker system df` shows what takes the space; `docker image prune` frees images without a name.'
  return [freeDocker < GB ? fail(what, mend) : freeDocker < 3 * GB ? warn(what, mend) : ok(what)]
}

/** Docker's own rules come before those of ufw. Ports of an edge are meant for everybody. */
function openPorts({ containers }: AgentFacts): Finding[] {
  const open = containers
    .filter(({ app, state }) => app === undefined && state === 'running')
    .flatMap(({ names, ports }) =>
      [...new Set(ports.filter(({ hostIp }) => hostIp === undefined).map(({ published }) => published))].map((port) => ({
        name: names[0] ?? '',
        port,
      })),
    )
  if (open.length === 0) return [ok('no port is published on all addresses besides those of the edge')]
  return open.map(({ name, port }) => {
    const program = databaseAt({ target: port }, {})
    const mend = `Docker lets everybody in, past ufw. Take the line out of \`ports\`, or write \`127.0.0.1:${port}:…\`.`
    if (program !== undefined) return fail(`${name} publishes port ${port} (${program}) on all addresses`, mend)
    const proxy = port === 80 || port === 443
    return proxy
      ? ok(`${name} has port ${port}: it stays in front`)
      : warn(`${name} publishes port ${port} on all addresses`, `${mend} It may be meant so.`)
  })
}

function web({ listening, containers }: AgentFacts): Finding[] {
  const published = new Set(containers.flatMap(({ ports }) => ports.map((port) => port.published)))
  const taken = [80, 443].filter((port) => listening.some((one) => one.port === port) && !published.has(port))
  return taken.map((port) =>
    warn(
      `a program outside of Docker has port ${port}`,
      `With routes the edge needs it. \`ss -ltnp 'sport = :${port}'\` names the program; or keep it in front: docs/guide-own-proxy.md.`,
    ),
  )
}

function settings(answers: HostAnswers): Finding[] {
  const all = new Map(answers)
  const [liveRestore = '', driver = ''] = (all.get('docker') ?? '').split(' ')
  const daemon = all.get('daemon') ?? ''
  const asked = liveRestore !== ''
  return [
    !asked && daemon === ''
      ? leftOut('live-restore', 'this user may not ask Docker, and there is no /etc/docker/daemon.json')
      : liveRestore === 'true' || (!asked && /"live-restore"[^,}]*true/.test(daemon))
        ? ok('live-restore: containers outlive a restart of Docker')
        : warn('live-restore is off: an upgrade of Docker stops all containers', SCRIPT),
    /^(local|journald)$/.test(driver) || /"max-size"/.test(daemon)
      ? ok('logs of containers are rotated')
      : warn('logs of containers grow without limit', SCRIPT),
    upgrades(all),
    all.get('passwords') === 'no' ? ok('SSH takes keys only') : warn('SSH takes passwords', SCRIPT),
    all.get('firewall')
      ? ok(`firewall: ${all.get('firewall')}`)
      : warn('no firewall was found on the host', `${SCRIPT} One of your provider, outside of the host, is as good.`),
  ]
}

function upgrades(all: ReadonlyMap<string, string>): Finding {
  if ((all.get('apt') ?? '') === '') return leftOut('security updates by themselves', 'the host is no Debian or Ubuntu')
  return /unattended-upgrade 1$/.test(all.get('upgrades') ?? '')
    ? ok('security updates by themselves')
    : warn('security updates wait for somebody', SCRIPT)
}

function live({ current, healthy, backupOverdue: overdue }: AgentFacts): Finding[] {
  if (current === undefined) return [ok('nothing is deployed yet')]
  const late = `the last backup is ${overdue?.hours} hours old, and ${overdue?.allowed} are allowed`
  return [
    ...(overdue === undefined ? [] : [warn(late, '`journalctl -u deploy-actions-backup-<app>` on the host says why.')]),
    healthy ? ok(`${current.id} is live`) : warn(`${current.id} is live, but not all of it runs`, 'Run `release doctor` on the host.'),
  ]
}
