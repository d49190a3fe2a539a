import { plainTable } from '../scenarios/plain-table.ts'
import { playAppPlatform } from './app-platform.ts'
import { playBranches } from './branches.ts'
import { playCandidate } from './candidate.ts'
import { playOneDroplet } from './one-droplet.ts'
import type { Play, Row } from './pipeline.ts'
import { playTwoDroplets } from './two-droplets.ts'

const plays: Readonly<Record<string, (play: Play) => Promise<Row[]>>> = {
  'app-platform-pipeline': playAppPlatform,
  'branches-pipeline': playBranches,
  'candidate-pipeline': playCandidate,
  'one-droplet-pipeline': playOneDroplet,
  'two-droplets-pipeline': playTwoDroplets,
}
/** Those that need hosts. */
const inLab = ['branches-pipeline', 'candidate-pipeline', 'one-droplet-pipeline', 'two-droplets-pipeline']

/** Names of the examples that are played. */
export const playable = Object.keys(plays)

/** One of those that need the lab, another one each day, so that a suite that runs every day comes by all. */
export const exampleOfTheDay = (date = new Date()): string => inLab[Math.floor(date.getTime() / 86_400_000) % inLab.length] as string

/** Plays examples from their first push to a rollback; throws where one does not end as it has to. */
export async function playExamples(names: readonly string[], play: Play): Promise<Row[]> {
  const rows: Row[] = []
  for (const name of names) rows.push(...((await plays[name]?.(play)) ?? []))
  return rows
}

export const exampleTable = (rows: readonly Row[]): string =>
  plainTable(
    ['example', 'run', 'ended', 'seconds', 'sent', 'lost'],
    rows.map(({ example, what, end, seconds, sent, lost }) => [
      example,
      what,
      end,
      seconds.toFixed(1),
      String(sent ?? ''),
      String(lost ?? ''),
    ]),
  )
