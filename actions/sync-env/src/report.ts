import type { Run, Verdict } from '@deploy-actions/kit'
import type { Changes } from './changes.ts'
import type { SyncResult } from './target.ts'

const HEADINGS: Readonly<Record<SyncResult['status'], string>> = {
  written: '✅ Written',
  unchanged: '✅ Unchanged: everything is as it should be already',
  planned: '📋 Planned: nothing was touched',
}

/** Tells what became of it: outputs and summary, by name only. */
export function report(result: SyncResult, { outputs, summary }: Pick<Run, 'outputs' | 'summary'>): Verdict {
  const all = (which: Exclude<keyof Changes, 'file' | 'stale'>) => [...new Set(result.places.flatMap(({ changes }) => changes[which]))]
  outputs.set('status', result.status)
  outputs.set('added', all('added'))
  outputs.set('changed', all('changed'))
  outputs.set('removed', all('removed'))
  outputs.set('unchanged', all('unchanged'))
  outputs.set('stale', staleIn(result))
  outputs.set('release-id', result.applied?.release ?? '')
  summary.heading(`${HEADINGS[result.status]} — ${result.name}`)
  summary.table(
    ['Where', 'Added', 'Changed', 'Removed', 'Unchanged'],
    result.places.map(({ name, changes }) => [
      name,
      ...(['added', 'changed', 'removed'] as const).map((which) => names(changes[which])),
      String(changes.unchanged.length),
    ]),
  )
  for (const { name, changes } of result.places)
    if (changes.file.length > 0) summary.text(`The file itself on ${name}: ${changes.file.join('; ')}.`)
  if (result.applied)
    for (const [service, keys] of result.applied.services)
      summary.text(`**${service}** runs with the new ${names(keys)}, as \`${result.applied.release}\`.`)
  const stale = Object.entries(staleIn(result))
  for (const [service, keys] of stale) summary.text(`**${service}** runs with other values of ${names(keys)}.`)
  if (stale.length > 0) summary.text('The next deploy starts them with what the file has now.')
  return 'ok'
}

/** What is left of it when `apply` has done its part. */
function staleIn({ places, applied }: SyncResult): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  const done = (service: string): readonly string[] => applied?.services.get(service.replace(/-(?:blue|green)$/, '')) ?? []
  for (const [service, keys] of places.flatMap(({ changes }) => [...changes.stale]))
    found[service] = [...new Set([...(found[service] ?? []), ...keys])].filter((key) => !done(service).includes(key))
  return Object.fromEntries(Object.entries(found).filter(([, keys]) => keys.length > 0))
}

const names = (all: readonly string[]): string => (all.length === 0 ? '–' : all.map((name) => `\`${name}\``).join(', '))
