import { openAppJobs } from '../app-jobs.ts'
import { ofTheDay } from '../of-the-day.mjs'
import { plainTable } from '../scenarios/plain-table.ts'
import { playAppPlatform } from './app-platform.ts'
import { playBranches } from './branches.ts'
import { playCandidate } from './candidate.ts'
import { playOneDroplet } from './one-droplet.ts'
import type { Play, Row } from './pipeline.ts'
import { playTwoDroplets } from './two-droplets.ts'

const plays: Readonly<Record<string, (play: Play) => Promise<Row[]>>> = {
  'app-platform-pipeline': playWithJobs,
  'branches-pipeline': playBranches,
  'candidate-pipeline': playCandidate,
  'one-droplet-pipeline': playOneDroplet,
  'two-droplets-pipeline': playTwoDroplets,
}

async function playWithJobs(play: Play): Promise<Row[]> {
  const jobs = await openAppJobs()
  try {
    return await playAppPlatform(play, jobs)
  } finally {
    await jobs.close()
  }
}

/** Names of the examples that are played. */
export const playable = Object.keys(plays)

/** Two of them, other ones each day. */
export const examplesOfTheDay = (): string[] => ofTheDay(playable, 2)

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
