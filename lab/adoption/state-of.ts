import { connect } from 'node:tls'
import type { Box } from '../lab.ts'
import type { Layout } from './layouts.ts'

/** What an adoption must leave as it is, in words that can be compared. */
export interface HostState {
  /** The first rows, by their content. */
  rows: string
  /** With the time at which Docker made them. */
  volumes: string
  /** Ids of containers that no release changes. */
  containers: string
  /** Serial numbers, by address. */
  certificates: string
  /** Content, owner, mode and time of the env files. */
  envFiles: string
}

/** So many rows are in the database before anything of ours is on the host. */
export const ROWS_BEFORE = 20

export async function stateOf(box: Box, layout: Layout): Promise<HostState> {
  const { database, untouched, envFiles } = layout
  const query = `select count(*), md5(string_agg(sha256, ',' order by id)) from notes where id <= ${ROWS_BEFORE}`
  const containers = `docker ps -q --no-trunc ${label(layout)} --filter label=com.docker.compose.service`
  const sql = `docker exec $(${containers}=${database.service}) psql -U ${database.user} -d ${database.name} -tAc "${query}"`
  const asked = {
    rows: sql,
    volumes: `docker volume inspect -f '{{.Name}} {{.CreatedAt}}' $(docker volume ls -q ${label(layout)}) | sort`,
    containers: `for one in ${untouched.join(' ')}; do echo $one $(${containers}=$one); done`,
    envFiles: Object.keys(envFiles)
      .map((file) => `sha256sum ${file} && stat -c '%U %G %a %Y %i' ${file}`)
      .join(' && '),
  }
  const told: Record<string, string> = {}
  for (const [name, command] of Object.entries(asked)) told[name] = await must(box, command)
  return {
    ...(told as Omit<HostState, 'certificates'> & Record<string, string>),
    certificates: await certificates(box, layout),
  } as HostState
}

/** Of the project that people started; a release keeps its name. */
const label = ({ folder }: Layout): string => `--filter label=com.docker.compose.project=${folder.split('/').at(-1)}`

async function certificates(box: Box, { fronts }: Layout): Promise<string> {
  const serials = fronts.flatMap(({ scheme, port, host }) => (scheme === 'https' ? [serialOf(box.address, port, host ?? box.address)] : []))
  return (await Promise.all(serials)).join(' ')
}

/** Fails until the proxy has made its certificate. */
function serialOf(host: string, port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername, rejectUnauthorized: false, timeout: 5000 }, () => {
      resolve(`${servername}:${port} ${socket.getPeerCertificate().serialNumber}`)
      socket.end()
    })
    socket.on('error', reject)
    socket.on('timeout', () => socket.destroy(new Error(`${host}:${port} does not answer`)))
  })
}

export async function must(box: Box, command: string, stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await box.exec(command, { stdin, timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stdout}${stderr}`)
  return stdout.trim()
}
