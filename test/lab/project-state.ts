import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Box } from '../../lab/lab.ts'

/** A container as Docker has it. */
export interface SeenContainer {
  readonly project: string
  readonly service: string
  readonly id: string
  readonly startedAt: string
  readonly running: boolean
  readonly exitCode: number
  /** What its processes see. */
  readonly env: Readonly<Record<string, string>>
  /** Folders of the host that it may write to. */
  readonly data: readonly string[]
}

/** What there is of a project on a host: its containers, slots and edge among them, and its volumes, each with the number and the birth of its folder: Docker's own `CreatedAt` changes with what is written there. */
export interface SeenProject {
  readonly containers: readonly SeenContainer[]
  readonly volumes: readonly string[]
}

interface Inspected {
  Id: string
  State: { StartedAt: string; Running: boolean; ExitCode: number }
  Config: { Env: string[] | null; Labels: Record<string, string> }
  Mounts: { Type: string; Source: string; RW: boolean }[]
}

const idsOf = (project: string): string =>
  `docker ps -a --no-trunc --format '{{.ID}} {{.Label "com.docker.compose.project"}}' | grep -E ' ${project}(-blue|-green|-edge)?$' | cut -d' ' -f1`

export async function seeProject(box: Box, project: string): Promise<SeenProject> {
  const volumes = `docker volume ls -q --filter label=com.docker.compose.project=${project} | xargs -r docker volume inspect -f '{{.Name}} {{.Mountpoint}}' | while read -r name path; do printf '%s %s\\n' "$name" "$(stat -c '%i %W' "$path")"; done | sort`
  const [inspected, named] = await Promise.all([must(box, `${idsOf(project)} | xargs -r docker inspect`), must(box, volumes)])
  const containers = inspected === '' ? [] : (JSON.parse(inspected) as Inspected[])
  return { containers: containers.map(seen), volumes: named.split('\n').filter((line) => line !== '') }
}

/** Leaves a file in every folder and volume with data of a project, and gives its path. */
export async function leaveMarks(box: Box, { containers }: SeenProject): Promise<string[]> {
  const folders = [...new Set(containers.flatMap(({ data }) => data))].sort()
  const marks = await must(
    box,
    folders.map((folder) => `! [ -d '${folder}' ] || { echo kept >'${folder}/mark' && echo '${folder}/mark'; }`).join('\n'),
  )
  return marks.split('\n').filter((line) => line !== '')
}

/** Those that are not as they were left. */
export async function lostMarks(box: Box, marks: readonly string[]): Promise<string[]> {
  const lost = await must(box, marks.map((mark) => `grep -qx kept '${mark}' || echo '${mark}'`).join('\n'))
  return lost.split('\n').filter((line) => line !== '')
}

function seen({ Id: id, State, Config, Mounts }: Inspected): SeenContainer {
  const project = Config.Labels['com.docker.compose.project'] ?? ''
  const own = Config.Labels['com.docker.compose.service'] ?? ''
  return {
    ...{ project, id, startedAt: State.StartedAt, running: State.Running, exitCode: State.ExitCode },
    service: Config.Labels['deploy-actions.service'] ?? own,
    env: Object.fromEntries((Config.Env ?? []).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    data: Mounts.filter(({ Type, Source, RW }) => RW && (Type === 'volume' || /^\/(opt|srv)\//.test(Source))).map(({ Source }) => Source),
  }
}

/** Nothing of a project is left on the host, and nothing of what the app had there. */
export async function removeProject(box: Box, project: string, folder: string): Promise<void> {
  const labelled = `-q --filter label=com.docker.compose.project=${project}`
  await box.exec(`${idsOf(project)} | xargs -r docker rm -f -v >/dev/null
    docker network ls ${labelled} | xargs -r docker network rm >/dev/null
    docker volume ls ${labelled} | xargs -r docker volume rm -f >/dev/null
    rm -rf '${folder}'`)
}

async function must(box: Box, command: string): Promise<string> {
  const { code, stdout, stderr } = await box.exec(command, { timeoutMs: 60_000 })
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stderr}`)
  return stdout
}

/** Every file of a folder, with a hash of its content, its mode and when it was written. */
export function filesOf(folder: string): string[] {
  // With their types, links are not followed: one that leads upwards would be read for ever.
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
    .flatMap((name) => {
      const file = join(folder, name)
      const { mode, mtimeMs } = lstatSync(file)
      if (lstatSync(file).isSymbolicLink()) return [`${name} -> ${readlinkSync(file)}`]
      if (!lstatSync(file).isFile()) return []
      return [`${name} ${mode.toString(8)} ${mtimeMs} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`]
    })
}
