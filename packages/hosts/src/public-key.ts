import { allWords } from './ssh-bytes.ts'

/** How many bytes each part behind the type has; undefined: any number. */
const SHAPES: Readonly<Record<string, readonly (number | undefined)[]>> = {
  'ssh-ed25519': [32],
  'ssh-rsa': [undefined, undefined],
  'ssh-dss': [undefined, undefined, undefined, undefined],
  'ecdsa-sha2-nistp256': [8, 65],
  'ecdsa-sha2-nistp384': [8, 97],
  'ecdsa-sha2-nistp521': [8, 133],
  'sk-ssh-ed25519@openssh.com': [32, undefined],
  'sk-ecdsa-sha2-nistp256@openssh.com': [8, 65, undefined],
}

/** What is wrong with a key as known_hosts has it, as the end of the sentence "line 3 …"; undefined when it is whole. */
export function whyNoPublicKey(type: string, base64: string): string | undefined {
  const shape = Object.hasOwn(SHAPES, type) ? SHAPES[type] : undefined
  const words = allWords(Buffer.from(base64, 'base64'))
  const inside = words?.[0]?.toString('latin1')
  if (shape === undefined) return inside === type ? `has a key of the type ${type}, which is not known here` : 'is not `host type key`'
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return 'is not `host type key`'
  if (base64.length % 4 !== 0 || words === undefined) return 'has a damaged key: it is cut'
  if (inside !== type) return `has a damaged key: it does not say "${type}" inside`
  const fits = words.length === shape.length + 1 && shape.every((size, index) => size === undefined || words[index + 1]?.length === size)
  return fits ? undefined : 'has a damaged key: its parts are not those of its type'
}
