import { UserError } from '@deploy-actions/kit'
import ssh2 from 'ssh2'
import { fingerprintOf } from './host-keys.ts'

/** A private key that was read and can be used. */
export interface PrivateKey {
  /** As ssh2 reads it: line ends LF, one at the end. Secret. */
  text: string
  /** Secret. */
  passphrase: string | undefined
  /** Such as `ssh-ed25519`. */
  type: string
  /** Of the public half, as `ssh-keygen -l` prints it. */
  fingerprint: string
}

/**
 * Reads a private key as people paste it: with Windows line ends, without the last line end, indented, in quotes, with `\n` in place of line ends.
 *
 * @throws UserError DA-SSH-KEY-INVALID saying what the text is instead; DA-SSH-KEY-PASSPHRASE when it is missing or wrong. Neither quotes the key
 */
export function readPrivateKey(pasted: string, passphrase?: string): PrivateKey {
  const text = normalise(pasted)
  const problem = whyNoPrivateKey(text)
  if (problem !== undefined) throw invalid(problem)
  const given = passphrase === '' ? undefined : passphrase
  const key = ssh2.utils.parseKey(text, given)
  if (key instanceof Error) throw explain(key, text, given)
  if (!key.isPrivateKey()) throw invalid('is a public key: the private one is the file without `.pub`')
  return { text, passphrase: given, type: key.type, fingerprint: fingerprintOf(key.getPublicSSH()) }
}

function normalise(pasted: string): string {
  let text = pasted
    .replace(/^\uFEFF/, '')
    .trim()
    .replace(/^(["'])([\s\S]*)\1$/, '$2')
    .trim()
  // A key never contains a backslash: `\n` and `\r` were meant as line ends.
  text = text.replace(/\\r/g, '').replace(/\\n/g, '\n').replace(/\r\n?/g, '\n')
  if (!text.includes('\n')) text = text.replace(/^(-----BEGIN [A-Z0-9 ]+-----)\s*(.*?)\s*(-----END [A-Z0-9 ]+-----)$/, rewrap)
  const lines = text.split('\n').map((line) => line.trim())
  return `${lines.join('\n').trim()}\n`
}

/** A key whose line ends became spaces. Only the base64 form can be told apart; a header such as `DEK-Info:` stays broken and is reported. */
function rewrap(whole: string, begin: string, body: string, end: string): string {
  return /^[A-Za-z0-9+/= ]*$/.test(body) ? [begin, ...body.split(/ +/), end].join('\n') : whole
}

function whyNoPrivateKey(text: string): string | undefined {
  if (text.trim() === '') return 'is empty'
  if (/^(?:ssh-|ecdsa-|sk-)\S+ AAAA|^-{4,5} ?BEGIN (?:SSH2 |RSA )?PUBLIC KEY/.test(text)) {
    return 'is a public key: the private one is the file without `.pub`'
  }
  if (text.startsWith('PuTTY-User-Key-File'))
    return 'is a PuTTY key: convert it with `puttygen key.ppk -O private-openssh-new -o id_ed25519`'
  if (/^-----BEGIN CERTIFICATE/.test(text)) return 'is a certificate'
  if (/^\S+ ssh-\S+ AAAA/.test(text)) return 'is a line of known_hosts'
  if (/^[~.]?\/?[\w./-]*id_\w+$/.test(text.trim())) return 'is a path: give the text of the file'
  if (!/^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\n/.test(text)) return 'does not begin with a line `-----BEGIN … PRIVATE KEY-----`'
  if (!/\n-----END [A-Z0-9 ]*PRIVATE KEY-----\n$/.test(text)) return 'is cut: the line `-----END … PRIVATE KEY-----` is missing'
  return undefined
}

function explain(error: Error, text: string, passphrase: string | undefined): UserError {
  const encrypted = /^Proc-Type: 4,ENCRYPTED$/m.test(text) || /BEGIN ENCRYPTED/.test(text) || /passphrase|Encrypted/i.test(error.message)
  if (encrypted && passphrase === undefined) return badPassphrase('needs a passphrase', error)
  if (encrypted) return badPassphrase('cannot be opened with this passphrase', error)
  if (/Unsupported key format/.test(error.message) && /BEGIN PRIVATE KEY/.test(text)) {
    return invalid('is in PKCS#8 form, which is not read yet: convert it with `ssh-keygen -p -f key`', error)
  }
  return invalid(`is damaged (${error.message})`, error)
}

function invalid(problem: string, cause?: unknown): UserError {
  const hint = 'Give the whole text of the private key file, for example `cat ~/.ssh/id_ed25519`, as a secret.'
  return new UserError('DA-SSH-KEY-INVALID', `the SSH key ${problem}`, { hint, cause })
}

function badPassphrase(problem: string, cause: unknown): UserError {
  const hint =
    'Give it as `ssh-key-passphrase`; `ssh-keygen -y -f <file>` shows whether it is right. Or make a key of its own for deploys, without one.'
  return new UserError('DA-SSH-KEY-PASSPHRASE', `the SSH key ${problem}`, { hint, cause })
}
