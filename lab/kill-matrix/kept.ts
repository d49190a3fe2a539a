import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { labFolder } from '../state.ts'
import { type Killer, killers } from './killers.ts'
import { adoptionPoints, fleetPoints, points } from './points.ts'
import { killDocument } from './report.ts'
import type { Trial } from './trial.ts'

/** A kill and the day on which it was played. */
export interface KeptTrial extends Trial {
  date: string
}

const docs = path.join(labFolder, '../docs')
const file = path.join(docs, 'kill-matrix.json')

/** The same kill, whenever it was played. */
export const nameOf = ({ point, killer }: Pick<Trial, 'point' | 'killer'>): string => `${point.part}: ${point.name}, ${killer}`

/** Every kill that there is, in the order of the table. */
export const allKills: readonly { point: Trial['point']; killer: Killer }[] = [...points, ...adoptionPoints, ...fleetPoints].flatMap(
  (point) => killers.map((killer) => ({ point, killer })),
)

/** What docs/kill-matrix.json has: the last run of each kill that there still is. */
export function keptTrials(): KeptTrial[] {
  const kept: KeptTrial[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  return kept.filter((trial) => allKills.some((kill) => nameOf(kill) === nameOf(trial)))
}

/** Puts a run in the place of the one before, so that a matrix that was stopped in the middle can be gone on with. */
export function keepTrial({ point: { part, name }, ...trial }: Trial, date = new Date()): void {
  const now: KeptTrial = { date: date.toISOString().slice(0, 10), point: { part, name }, ...trial }
  const byName = new Map([...keptTrials(), now].map((one) => [nameOf(one), one]))
  const trials = allKills.flatMap((kill) => byName.get(nameOf(kill)) ?? [])
  writeFileSync(file, `[\n${trials.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`)
  writeFileSync(path.join(docs, 'kill-matrix.md'), killDocument(trials, allKills.length))
}
