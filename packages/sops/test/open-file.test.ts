import { readFileSync } from 'node:fs'
import { checkIdentity, openFile } from '@deploy-actions/sops'
import { expect, test } from '@jest/globals'
import { Encrypter } from 'age-encryption'

// Made with sops 3.9.4 and age 1.2; the key is for these samples alone.
const sample = (name: string) => readFileSync(new URL(`samples/${name}`, import.meta.url))
const key = /^AGE-SECRET-KEY.*$/m.exec(sample('key.txt').toString())?.[0] ?? ''
const opened = (file: Uint8Array | string, keys = [key]) =>
  openFile(typeof file === 'string' ? Buffer.from(file) : file, keys, 'secrets.env')
const refusal = (message: RegExp) => ({ code: 'DA-ENV-ENCRYPTED', message: expect.stringMatching(message) })

const DOTENV = 'PLAIN=value\nQUOTED="two words"\nNL=a\\nb\nEMPTY=\nURL=postgres://x?a=b#c\nODD=it\'s $HOME ünï\n'

test('a dotenv file of sops becomes the text that it was, without its comments', async () => {
  expect(await opened(sample('dotenv.sops'))).toEqual({ text: DOTENV })
})

test.each(['plain.age', 'armour.age', 'binary.sops'])('%s becomes the very text that was encrypted', async (name) => {
  expect(await opened(sample(name))).toEqual({ text: `# a comment\n${DOTENV}` })
})

test('JSON and YAML of sops become values, what their rules leave open too', async () => {
  expect(await opened(sample('json.sops'))).toEqual({
    values: new Map([
      ['TEXT', 'a\nb'],
      ['NUMBER', '5'],
      ['BIG', '1234567.25'],
      ['FLAG', 'true'],
      ['OFF', 'false'],
      ['EMPTY', ''],
      ['OPEN_unencrypted', '7'],
      ['YES_unencrypted', 'true'],
    ]),
  })
  expect(await opened(sample('yaml.sops'))).toEqual({
    values: new Map([
      ['TEXT', 'multi\nline\n'],
      ['NUMBER', '5'],
      ['FLAG', 'true'],
      ['SIZE', '1500'],
      ['open', 'left open'],
      ['EMPTY', ''],
    ]),
  })
})

test('a signature over the encrypted values alone is checked as that, and any of several keys opens the file', async () => {
  const text = sample('mac-only.sops').toString()
  expect(await opened(text)).toEqual({ text: 'SECRET=hidden\nNAME_PUBLIC=open\n' })
  expect(await opened(text.replace('NAME_PUBLIC=open', 'NAME_PUBLIC=other'))).toEqual({ text: 'SECRET=hidden\nNAME_PUBLIC=other\n' })
  await expect(opened(text.replace('NAME_PUBLIC=open', 'NEW=plain'))).rejects.toMatchObject(refusal(/the value of NEW cannot be opened/))
})

const dotenv = sample('dotenv.sops').toString()
const json = sample('json.sops').toString()
test.each<[string, string, RegExp]>([
  [
    'a value that was taken out',
    dotenv.replace(/^QUOTED=.*\n/m, ''),
    /was changed after sops encrypted it: its signature \(mac\) does not fit/,
  ],
  ['a value that was emptied', dotenv.replace(/^QUOTED=.*$/m, 'QUOTED='), /its signature \(mac\) does not fit/],
  ['a value that was put in', dotenv.replace(/^QUOTED=.*$/m, 'QUOTED=mine'), /the value of QUOTED cannot be opened/],
  [
    'a value under the name of another',
    dotenv.replace(/^PLAIN=(.*)\nQUOTED=(.*)$/m, 'PLAIN=$2\nQUOTED=$1'),
    /the value of PLAIN cannot be opened/,
  ],
  ['a name that was exchanged', dotenv.replace(/^PLAIN=/m, 'OTHER='), /the value of OTHER cannot be opened/],
  ['what a rule leaves open', json.replace('"OPEN_unencrypted": 7', '"OPEN_unencrypted": 8'), /its signature \(mac\) does not fit/],
  ['the time of the last change', dotenv.replace(/^sops_lastmodified=.*$/m, 'sops_lastmodified=2020-01-01T00:00:00Z'), /its signature/],
  ['no signature', dotenv.replace(/^sops_lastmodified=.*\n/m, ''), /has no signature of sops/],
  ['the part of sops that was lost', dotenv.replace(/^sops_.*\n/gm, ''), /has values that sops encrypted, but not what sops needs/],
  ['comment rules', dotenv.replace('sops_unencrypted_suffix=_unencrypted', 'sops_encrypted_comment_regex=secret'), /rules about comments/],
  ['several groups of keys', `${dotenv}sops_key_groups__list_0__map_hc_vault=x\n`, /keys of several groups/],
  ['JSON that is cut', json.slice(0, -5), /is no JSON, as sops writes it/],
  ['only PGP', dotenv.replace(/^sops_age_.*\n/gm, ''), /is for no age key, but for PGP or for the key service of a cloud/],
  ['an ini file', '[a]\nb = ENC[AES256_GCM,data:x]\n[sops]\nmac = ENC[AES256_GCM,data:x]\n', /is an ini file of sops/],
  ['an age file that is cut', sample('armour.age').toString().slice(0, -60), /cannot be read/],
])('what was changed or cannot be read is refused: %s', async (_what, text, message) => {
  await expect(opened(text)).rejects.toMatchObject(refusal(message))
})

test.each<[string, RegExp]>([
  ['deep.sops', /has more than a text under A: only names with plain values/],
  ['list.sops', /has more than a text under A/],
  ['other-key.sops', /secrets.env is not for this key/],
  ['other-key.age', /secrets.env is not for this key/],
  ['ssh.age', /is not for this key, but for ssh-ed25519/],
])('%s is refused with the reason', async (name, message) => {
  await expect(opened(sample(name))).rejects.toMatchObject(refusal(message))
})

test('a file that is encrypted with a passphrase is refused as that', async () => {
  const encrypter = new Encrypter()
  encrypter.setScryptWorkFactor(2)
  encrypter.setPassphrase('open sesame')
  await expect(opened(await encrypter.encrypt('A=1'))).rejects.toMatchObject(refusal(/is encrypted with a passphrase, and not for a key/))
})

test('without a key an encrypted file is refused, and a plain one is none of ours', async () => {
  await expect(opened(dotenv, [])).rejects.toMatchObject(refusal(/is encrypted with sops, and `age-key` is not given/))
  await expect(opened(sample('plain.age'), [])).rejects.toMatchObject(refusal(/is encrypted with age, and `age-key` is not given/))
  for (const plain of ['A=1\n', '{"sops": 1}', 'sops: yes\n', '', 'NOTE=# sops_mac= is not here\n'])
    expect(await opened(plain)).toBeUndefined()
})

test('no message has a value or a key', async () => {
  const error = await opened(dotenv.replace(/^PLAIN=.*$/m, 'PLAIN=hunter2')).catch(String)
  expect(error).not.toMatch(/hunter2|AGE-SECRET/)
})

test.each([
  ['age1jwvmdhf3n08rkn97gkn5dul289c4wldsr83fr4am6hs9dt42heyslllun7', /a public key/],
  ['ssh-ed25519 AAAA', /no private key of age/],
  [key.slice(0, -3), /a part of it is missing/],
])('what is no private key of age is told: %s', (text, message) => {
  expect(() => checkIdentity(text)).toThrow(message)
  expect(() => checkIdentity(key)).not.toThrow()
})
