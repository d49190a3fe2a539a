import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'

// Hosts that are none: SSH servers on this machine behind which an agent is played, with the times that a real one takes. Started by fleet-bench.ts:
// `simulated-host.ts <how many> <host key> <model as JSON>`; prints the ports as JSON.

/** Milliseconds that a small host takes, as measured in the lab. */
const takes = { begin: 60, facts: 250, resolve: 250, prepare: 2500, switch: 80, confirm: 120, commit: 600 }

// biome-ignore lint/suspicious/noExplicitAny: ssh2 has no types of its server
type Any = any
const { Server: SshServer } = ssh2 as Any

const [count = '1', hostKey = '', model = '{}', verifyFor = '5000'] = process.argv.slice(2)
const facts = ['user\troot', 'directory\t/opt/shop', 'docker\t26.1.0\tamd64\tlinux', 'compose\t2.27.0', 'disk\t/\t99999999', 'slot\tnone']

/** Commands as they come in, without the bytes of uploads. */
function listen(channel: Duplex, obey: (line: string) => void): void {
  let buffer = Buffer.alloc(0)
  let inUpload = false
  channel.on('data', (piece: Buffer) => {
    buffer = Buffer.concat([buffer, piece])
    for (let end = buffer.indexOf('\n'); end >= 0; end = buffer.indexOf('\n')) {
      const line = buffer.toString('utf8', 0, end)
      const length = inUpload && /^\d+$/.test(line) ? Number(line) : 0
      if (buffer.length < end + 1 + length) return
      buffer = buffer.subarray(end + 1 + length)
      if (inUpload) inUpload = line !== '0'
      else if (line.startsWith('upload ')) inUpload = true
      else obey(line)
    }
  })
}

function playAgent(channel: Any): void {
  const say = (...lines: string[]) => channel.write(lines.map((line) => `${line}\n`).join(''))
  const block = (name: string, lines: readonly string[]) => [`= ${name}`, ...lines.map((line) => `| ${line}`), '= end']
  const exit = () => {
    channel.exit(0)
    channel.end()
  }
  let free = Promise.resolve()
  const then = (ms: number, ...lines: string[]) => {
    free = free.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, ms))
      say(...lines)
      if (lines.some((line) => line.startsWith('= settled'))) exit()
    })
  }
  then(takes.begin, '= ready run=/tmp/run', '= locked release= kept= alone=')
  listen(channel, (line) => {
    const [verb] = line.split(' ')
    if (verb === 'facts') then(takes.facts, ...block('facts', facts))
    if (verb === 'resolve') then(takes.resolve, ...block('model', [model]), ...block('warnings', []))
    if (verb === 'prepare') then(0, '= preparing release=R slot=blue')
    if (verb === 'prepare') then(takes.prepare, '. web is healthy', '= prepared release=R slot=blue')
    if (verb === 'switch') then(takes.switch, '= switched release=R slot=blue', '. blue serves R')
    if (verb === 'switch') then(Number(verifyFor), '= verified release=R')
    if (verb === 'confirm') then(takes.confirm, '= confirmed')
    if (verb === 'commit') then(takes.commit, '= settled status=deployed')
    if (verb === 'quit') exit()
  })
}

async function startHost(): Promise<number> {
  const server: Server = new SshServer({ hostKeys: [hostKey] }, (client: Any) => {
    client.on('error', () => undefined)
    client.on('authentication', (context: Any) => (context.method === 'publickey' ? context.accept() : context.reject(['publickey'])))
    client.on('session', (accept: () => Any) => accept().on('exec', (acceptExec: () => Any) => playAgent(acceptExec())))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const ports = await Promise.all(Array.from({ length: Number(count) }, startHost))
process.stdout.write(`${JSON.stringify(ports)}\n`)
// Ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0))
