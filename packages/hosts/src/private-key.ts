import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { messageOf, UserError } from '@deploy-actions/kit'
import ssh2 from 'ssh2'
import { fingerprintOf } from './host-keys.ts'
import { openSshHeader, writeOpenSshEd25519 } from './openssh-key.ts'
import { blocksIn, type KeyBlock, mend, nameInstead } from './pasted-key.ts'
import { PuttyProblem, readPuttyKey } from './putty-key.ts'

/** A private key that was read and can be used. */
export interface PrivateKey {
  /** In a form that ssh2 reads, without a passphrase: an OpenSSH key would take it a second for each login. Secret. */
  text: string
  /** Such as `ssh-ed25519`. */
  type: string
  /** Of the public half, as `ssh-keygen -l` prints it. */
  fingerprint: string
}

/**
 * Reads a private key as people paste it: with Windows line ends, without the last line end, indented, in quotes, with `\n` in place of line ends.
 * OpenSSH's form, PEM (PKCS#1, SEC1), PKCS#8 and PuTTY's, each with a passphrase or without.
 *
 * @throws UserError DA-SSH-KEY-INVALID saying what the text is instead; DA-SSH-KEY-PASSPHRASE when it is missing or wrong. Neither quotes the key
 */
export function readPrivateKey(pasted: string, passphrase?: string): PrivateKey {
  const same = `${passphrase ?? ''}\0${pasted}`
  const key = opened.get(same) ?? read(pasted, passphrase)
  opened.set(same, key)
  return key
}

/** A key with a passphrase takes a second to open, and a run with ten hosts asks for it a dozen times. */
const opened = new Map<string, PrivateKey>()

function read(pasted: string, passphrase?: string): PrivateKey {
  const text = mend(pasted)
  const given = passphrase === '' ? undefined : passphrase
  const open = text.startsWith('PuTTY-User-Key-File-') ? (word?: string) => openPutty(text, word) : openerOf(text)
  try {
    return usable(open(given))
  } catch (error) {
    // `echo word | gh secret set` gives a line end along.
    const trimmed = given?.replace(/\r?\n$/, '')
    if (trimmed === given || !(error instanceof UserError) || error.code !== 'DA-SSH-KEY-PASSPHRASE') throw error
    return usable(open(trimmed))
  }
}

function openerOf(text: string): (passphrase?: string) => KeyObject {
  const [block, ...more] = blocksIn(text)
  if (block === undefined) throw invalid(nameInstead(text))
  if (more.length > 0) throw invalid(`is ${more.length + 1} private keys: give one`)
  return (passphrase) => (block.label === 'OPENSSH PRIVATE KEY' ? openOpenSsh(block, passphrase) : openPem(block, passphrase))
}

function openOpenSsh({ text }: KeyBlock, passphrase: string | undefined): KeyObject {
  const header = openSshHeader(text.split('\n').slice(1, -2).join(''))
  if (header === undefined) throw invalid('is damaged (its first bytes are not those of an OpenSSH key)')
  if (!TYPES.includes(header.type)) throw invalid(whyNotType(header.type))
  if (header.cipher.startsWith('chacha20')) {
    throw invalid('is encrypted with chacha20-poly1305, which is not read here: change it with `ssh-keygen -p -Z aes256-ctr -f <file>`')
  }
  if (header.cipher !== 'none' && passphrase === undefined) throw badPassphrase('needs a passphrase')
  const key = ssh2.utils.parseKey(text, passphrase)
  if ('getPrivatePEM' in key) return fromPem(key.getPrivatePEM())
  if (header.cipher !== 'none' && !/Malformed/.test(key.message)) throw badPassphrase('cannot be opened with this passphrase', key)
  throw invalid(`is damaged (${key.message})`, key)
}

function openPem({ label, headers, text }: KeyBlock, passphrase: string | undefined): KeyObject {
  const encrypted = headers.length > 0 || label.startsWith('ENCRYPTED')
  if (encrypted && passphrase === undefined) throw badPassphrase('needs a passphrase')
  try {
    return createPrivateKey({ key: text, format: 'pem', ...(encrypted && { passphrase }) })
  } catch (error) {
    // The ciphers of the nineties are what OpenSSL has put away. `ERR_OSSL_UNSUPPORTED` is another thing: once in 256 times what a wrong passphrase decrypts to
    // ends like a padding, and is no key.
    if (encrypted && (error as { code?: unknown }).code === 'ERR_OSSL_EVP_UNSUPPORTED') {
      throw invalid('is encrypted in a way that is no longer read: give it a new passphrase with `ssh-keygen -p -f <file>`', error)
    }
    if (encrypted) throw badPassphrase('cannot be opened with this passphrase', error)
    throw invalid(`is damaged (${messageOf(error)})`, error)
  }
}

function openPutty(text: string, passphrase: string | undefined): KeyObject {
  try {
    return readPuttyKey(text, passphrase)
  } catch (error) {
    if (error instanceof PuttyProblem) throw error.passphrase ? badPassphrase(error.message) : invalid(error.message)
    throw invalid(`is damaged (${messageOf(error)})`, error)
  }
}

function fromPem(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw invalid(`is damaged (${messageOf(error)})`, error)
  }
}

const TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa']
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']

/** The forms that ssh2 reads, by kind of key. */
function usable(key: KeyObject): PrivateKey {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength < 1024) throw invalid(`is an RSA key of ${modulusLength} bits, which hosts do not accept: make a new one`)
      return named(key.export({ format: 'pem', type: 'pkcs1' }) as string)
    case 'ec':
      if (!CURVES.includes(namedCurve)) throw invalid(`is a key on the curve ${namedCurve}, which SSH does not have`)
      return named(key.export({ format: 'pem', type: 'sec1' }) as string)
    case 'ed25519':
      return named(writeOpenSshEd25519(numberOf(createPublicKey(key), 'x'), numberOf(key, 'd')))
    default:
      throw invalid(whyNotType(key.asymmetricKeyType ?? 'unknown'))
  }
}

const numberOf = (key: KeyObject, name: 'x' | 'd'): Buffer => Buffer.from(key.export({ format: 'jwk' })[name] ?? '', 'base64url')

function named(text: string): PrivateKey {
  const key = ssh2.utils.parseKey(text)
  if ('message' in key) throw invalid(`is damaged (${key.message})`, key)
  return { text, type: key.type, fingerprint: fingerprintOf(key.getPublicSSH()) }
}

function whyNotType(type: string): string {
  if (type.startsWith('sk-'))
    return `is of the type ${type}: it needs a security key that somebody touches, which no workflow can. Make one of its own for deploys`
  if (type === 'ssh-dss' || type === 'dsa') return 'is a DSA key, which hosts no longer accept: make an ed25519 key'
  return `is of the type ${type}, which cannot be used here: make an ed25519 key`
}

function invalid(problem: string, cause?: unknown): UserError {
  const hint = 'Give the whole text of the private key file, for example `cat ~/.ssh/id_ed25519`, as a secret.'
  return new UserError('DA-SSH-KEY-INVALID', `the SSH key ${problem}`, { hint, cause })
}

function badPassphrase(problem: string, cause?: unknown): UserError {
  const hint =
    'Give it as `ssh-key-passphrase`; `ssh-keygen -y -f <file>` shows whether it is right. Or make a key of its own for deploys, without one.'
  return new UserError('DA-SSH-KEY-PASSPHRASE', `the SSH key ${problem}`, { hint, cause })
}
