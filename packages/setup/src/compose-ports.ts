import { type ComposePort, interpolate } from '@deploy-actions/compose'

/** One entry of `ports`, in any of the forms of Compose; nothing for what cannot be read without its variables. */
export function readPorts(entry: unknown): ComposePort[] {
  if (typeof entry === 'number') return [{ target: entry }]
  if (typeof entry === 'string') return shortForm(entry)
  const { target, published, host_ip, protocol } = (entry ?? {}) as Record<string, unknown>
  const port = Number(target)
  if (!Number.isInteger(port) || port < 1) return []
  return [
    {
      target: port,
      ...(published !== undefined && { published: filled(String(published)) }),
      ...(typeof host_ip === 'string' && { host_ip }),
      ...(typeof protocol === 'string' && { protocol }),
    },
  ]
}

/** `[address:][published:]target[/protocol]`; of a range the first. */
function shortForm(text: string): ComposePort[] {
  const [, address, published, target, protocol] =
    /^(?:(\[[^\]]+\]|\d+(?:\.\d+){3}|localhost):)?(?:([\d-]*):)?(\d+)(?:-\d+)?(?:\/(\w+))?$/.exec(filled(text)) ?? []
  if (target === undefined) return []
  return [
    {
      target: Number(target),
      ...(published !== undefined && published !== '' && { published }),
      ...(address !== undefined && { host_ip: address.replace(/^\[|\]$/g, '') }),
      ...(protocol !== undefined && { protocol }),
    },
  ]
}

export function readExpose(entry: unknown): number[] {
  const port = Number.parseInt(filled(String(entry)), 10)
  return Number.isInteger(port) ? [port] : []
}

/** With the fallbacks of its variables. */
function filled(text: string): string {
  const read = interpolate(text, () => undefined)
  return 'text' in read ? read.text : text
}
