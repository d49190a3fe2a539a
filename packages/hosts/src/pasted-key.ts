/** A private key between its lines BEGIN and END, as OpenSSL and OpenSSH write it. */
export interface KeyBlock {
  /** What stands behind BEGIN, such as `OPENSSH PRIVATE KEY`. */
  label: string
  /** Of an encrypted PEM key: `Proc-Type` and `DEK-Info`. */
  headers: readonly string[]
  /** The block with one line end at each line. Secret. */
  text: string
}

/** Undoes what happens to a key on its way into a secret: Windows line ends, quotes, `\n` in place of line ends, indentation, a byte order mark, spaces nobody sees. */
export function mend(pasted: string): string {
  const text = pasted
    .replace(/[\uFEFF\u200B-\u200D\u2060]/g, '')
    .replace(/\u00A0/g, ' ')
    .trim()
    .replace(/^(["'`])([\s\S]*)\1$/, '$2')
  // A key never contains a backslash: `\n` and `\r` were meant as line ends.
  const lines = text.replace(/\\r/g, '').replace(/\\n/g, '\n').replace(/\r\n?/g, '\n').split('\n')
  return lines
    .map((line) => line.trim())
    .join('\n')
    .trim()
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/g

/** The private keys in a text. What stands around them does not matter: the parameters of a curve, a public key, notes of OpenSSL. */
export const blocksIn = (text: string): KeyBlock[] =>
  [...text.matchAll(BLOCK)].map(([, label = '', inside = '']) => {
    const headers = inside.match(/(?:Proc-Type: *4, *ENCRYPTED|DEK-Info: *[A-Za-z0-9-]+, *[0-9A-Fa-f]+)/g) ?? []
    const base64 = headers.reduce((rest, header) => rest.replace(header, ''), inside).replace(/\s+/g, '')
    const lines = [...(headers.length > 0 ? [...headers, ''] : []), ...(base64.match(/.{1,64}/g) ?? [])]
    return { label, headers, text: [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n') }
  })

/** What a text without a private key is instead, as the end of the sentence "the SSH key …". */
export function nameInstead(text: string): string {
  const found = INSTEAD.find(([looks]) => looks.test(text))
  return found?.[1] ?? 'does not begin with a line `-----BEGIN … PRIVATE KEY-----`'
}

const KEY_TYPE = '(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\\d+|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com)'

/** The first that fits holds. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'is empty'],
  [/^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/, 'is cut: the line `-----END … PRIVATE KEY-----` is missing'],
  [/-----END [A-Z0-9 ]*PRIVATE KEY-----$/, 'does not begin with a line `-----BEGIN … PRIVATE KEY-----`: its first line is missing'],
  [
    /^[a-z0-9@.-]+-cert-v\d+@openssh\.com AAAA/,
    'is a certificate (the file `…-cert.pub`): the private key is the file without `-cert.pub`',
  ],
  [new RegExp(`^${KEY_TYPE} AAAA`), 'is a public key: the private one is the file without `.pub`'],
  [/^-{4,5} ?BEGIN (?:SSH2 |RSA |EC )?PUBLIC KEY/, 'is a public key: the private one is the file without `.pub`'],
  [/^-{4} BEGIN SSH2 ENCRYPTED PRIVATE KEY/, 'is a key of ssh.com: convert it with `ssh-keygen -i -f key > id_key`'],
  [/^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE/, 'is a certificate'],
  [/^-----BEGIN PGP/, 'is a PGP key'],
  [/^-----BEGIN/, 'is a PEM file with something else in it than a private key'],
  [new RegExp(`^(?:@\\S+ )?\\S+ ${KEY_TYPE} AAAA`), 'is a line of known_hosts'],
  [/^(?:SHA256:[A-Za-z0-9+/]{43}|MD5:[0-9a-f:]+)/, 'is a fingerprint'],
  [/^b3BlbnNzaC1rZXktdjE/, 'lacks its first and last line, `-----BEGIN OPENSSH PRIVATE KEY-----` and `-----END …`'],
  [/^(?:LS0tLS1CRUdJTi|UHVUVFktVXNlci1LZXk)/, 'is base64 of a key file: decode it first (`base64 -d`), and paste the file itself'],
  [/^(?:gh[a-z]_|github_pat_|glpat-|dop_v1_|dckr_pat_|xox[a-z]-|eyJ[\w-]+\.|AKIA|sk-|npm_)[\w.-]+$/, 'is a token of some service'],
  [/^\$\{\{/, 'is an expression that nobody filled in'],
  [/^\*{3,}$/, 'is the three stars that GitHub shows in place of a secret'],
  [/^(?:~|\.{1,2})?\/?[\w@.+/-]*(?:\/|^)(?:id_\w+|[\w.-]+\.(?:pem|key|ppk|pub))$/, 'is a path: give the text of the file'],
]
