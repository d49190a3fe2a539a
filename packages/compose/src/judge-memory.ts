import type { HostFacts } from './host-facts.ts'
import type { Judged, JudgeOptions } from './judged.ts'
import { type Refusal, refusal } from './refusal.ts'

/**
 * Old and new run side by side for a while: the new ones need about what the old ones have. What a warm slot has comes free before; swap counts,
 * because it is slow for seconds only. Where nothing is live, or the kernel's figures were not found, nothing is known.
 */
export function judgeMemory(
  { host, memoryAvailable, swapFree = 0, slotMemory }: HostFacts,
  plan: Judged,
  options: JudgeOptions,
): Refusal[] {
  if (plan.switched.length === 0 || plan.unchanged || options.memoryCheck === false) return []
  if (memoryAvailable === undefined || slotMemory === undefined) return []
  const free = memoryAvailable + swapFree + slotMemory.idle
  if (free >= slotMemory.live) return []
  const message = `${host} has ${megabytes(free)} of memory free (swap included), and the switched services of the live release use ${megabytes(slotMemory.live)}: for some seconds the new ones need as much besides`
  const hint =
    'Add swap (docs/guide-first-deploy.md, "Memory") or memory, or let the services use less (fewer workers in each). If the new release needs much less than the live one: `memory-check: false`.'
  return [refusal('DA-HOST-MEMORY', message, hint)]
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`
