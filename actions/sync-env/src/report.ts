import type { Run, Verdict } from '@deploy-actions/kit'
import type { Changes } from './changes.ts'
import type { SyncRequest, SyncResult } from './sync.ts'

const HEADINGS: Readonly<Record<SyncResult['status'], string>> = {
  written: '✅ Written',
  unchanged: '✅ Unchanged: the file is as it should be already',
  planned: '📋 Planned: nothing was touched',
}

/** Tells what became of the file: outputs and summary, by name only. */
export function report(
  result: SyncResult,
  { app }: Pick<SyncRequest, 'app'>,
  { outputs, summary }: Pick<Run, 'outputs' | 'summary'>,
): Verdict {
  const all = (which: Exclude<keyof Changes, 'file' | 'stale'>) => [...new Set(result.hosts.flatMap(({ changes }) => changes[which]))]
  outputs.set('status', result.status)
  outputs.set('added', all('added'))
  outputs.set('changed', all('changed'))
  outputs.set('removed', all('removed'))
  outputs.set('unchanged', all('unchanged'))
  outputs.set('stale', staleIn(result))
  summary.heading(`${HEADINGS[result.status]} — ${result.path} of ${app}`)
  summary.table(
    ['Host', 'Added', 'Changed', 'Removed', 'Unchanged'],
    result.hosts.map(({ host, changes }) => [
      host,
      ...(['added', 'changed', 'removed'] as const).map((which) => names(changes[which])),
      String(changes.unchanged.length),
    ]),
  )
  for (const { host, changes } of result.hosts)
    if (changes.file.length > 0) summary.text(`The file itself on ${host}: ${changes.file.join('; ')}.`)
  const stale = Object.entries(staleIn(result))
  for (const [service, keys] of stale) summary.text(`**${service}** runs with other values of ${names(keys)}.`)
  if (stale.length > 0) summary.text('The next deploy starts them with what the file has now.')
  return 'ok'
}

function staleIn({ hosts }: SyncResult): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const [service, keys] of hosts.flatMap(({ changes }) => [...changes.stale]))
    found[service] = [...new Set([...(found[service] ?? []), ...keys])]
  return found
}

const names = (all: readonly string[]): string => (all.length === 0 ? '–' : all.map((name) => `\`${name}\``).join(', '))
