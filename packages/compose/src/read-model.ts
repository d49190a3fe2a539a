import type { ComposeModel } from './compose-model.ts'

/** Reads what `docker compose config --format json` printed, and mends what Compose itself could not read back. */
export function readModel(json: string): ComposeModel {
  const model: ComposeModel = mended(JSON.parse(json), '')
  return { ...model, services: model.services ?? {} }
}

/**
 * Every `$` is printed doubled, also in keys, which Compose does not interpolate when it reads them; devices in `blkio_config` have `Path`, `Rate` and
 * `Weight` for keys; and sizes are texts, of which none may be negative, as that of unlimited swap is.
 */
function mended<T>(value: T, parent: string): T {
  if (parent === 'memswap_limit' && value === '-1') return -1 as T
  if (Array.isArray(value)) return value.map((inner) => mended(inner, parent)) as T
  if (value === null || typeof value !== 'object') return value
  const key = (name: string) => (/^(weight_device|device_\w+)$/.test(parent) ? name.toLowerCase() : name.replaceAll('$$', '$'))
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [key(name), mended(inner, name)])) as T
}
