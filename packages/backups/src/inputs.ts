import { Mistake, matching, optional, type Problem, type Reader, reader, secret } from '@deploy-actions/kit'
import type { Place } from '@deploy-actions/s3'
import { checkIdentity, checkRecipient } from '@deploy-actions/sops/age'

const linesOf = (raw: string): string[] =>
  raw
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))

export const endpoint = reader((raw) => {
  const url = URL.parse(/^[a-z]+:\/\//.test(raw) ? raw : `https://${raw}`)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Mistake('must be the address of a store', 'Write it like `https://nyc3.digitaloceanspaces.com`.')
  if (url.username !== '' || url.search !== '' || url.hash !== '')
    throw new Mistake('has more than an address', 'Keys have inputs of their own.')
  if (url.pathname !== '/') throw new Mistake(`has a path ("${url.pathname}")`, 'The bucket and folders in it have inputs of their own.')
  return url.origin
})
export const bucket = matching(
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'must be the name of a bucket: 3 to 63 lower-case letters, digits, `.` and `-`',
  'An endpoint and a prefix have inputs of their own.',
)
export const region = matching(/^[a-z0-9][a-z0-9-]*$/, 'must be a region, such as `eu-central-1`')
const prefix = reader((raw) => {
  const path = raw.replace(/^\/+|\/+$/g, '')
  if (!/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path) || path.split('/').some((part) => /^\.+$/.test(part)))
    throw new Mistake('must be folders of letters, digits, `.`, `_` and `-`', 'Write it like `backups/production`.')
  return path
})
export const word = (what: string) => matching(/^[\x21-\x7e]+$/, `must be ${what}, on one line and without spaces`)
const recipients: Reader<readonly string[]> = reader((raw) => {
  const keys = linesOf(raw)
  for (const key of keys) checkRecipient(key)
  return keys
})
const identities: Reader<readonly string[]> = reader((raw) => {
  const keys = linesOf(raw)
  for (const key of keys) checkIdentity(key)
  return keys
})

/** The inputs by which every action that makes backups finds the store for them, in the order of action.yml. */
export const storeInputs = {
  's3-bucket': optional(bucket),
  's3-endpoint': optional(endpoint),
  's3-region': optional(region),
  's3-prefix': optional(prefix),
  's3-access-key': secret(optional(word('the id of a key'))),
  's3-secret-key': secret(optional(word('a secret key'))),
  's3-session-token': secret(optional(word('a session token'))),
  'encrypt-to': recipients,
}

/** For who opens what is encrypted. */
export const ageKeyInput = secret(optional(identities))

export interface StoreValues {
  readonly s3Bucket: string | undefined
  readonly s3Endpoint: string | undefined
  readonly s3Region: string | undefined
  readonly s3Prefix: string | undefined
  readonly s3AccessKey: string | undefined
  readonly s3SecretKey: string | undefined
  readonly s3SessionToken: string | undefined
  readonly encryptTo: readonly string[]
}

/** Rules across the inputs of the store. */
export function storeProblems(values: Partial<StoreValues>): Problem[] {
  const { s3Bucket, s3Endpoint, s3Region, s3Prefix, s3AccessKey, s3SecretKey, s3SessionToken, encryptTo = [] } = values
  if (!('s3Bucket' in values)) return []
  if (s3Bucket === undefined) {
    const given = {
      's3-endpoint': s3Endpoint,
      's3-region': s3Region,
      's3-prefix': s3Prefix,
      's3-access-key': s3AccessKey,
      's3-secret-key': s3SecretKey,
      's3-session-token': s3SessionToken,
    }
    const without: Problem[] = Object.entries(given).flatMap(([input, value]) =>
      value === undefined
        ? []
        : [{ input, rule: 'is given without `s3-bucket`, so nothing would go to a store', fix: 'Name the bucket, or leave it out.' }],
    )
    if (encryptTo.length > 0)
      without.push({
        input: 'encrypt-to',
        rule: 'is given without `s3-bucket`: what lies on the host stays as it is, for root alone',
        fix: 'Name the bucket, or leave it out.',
      })
    return without
  }
  const required = (input: string, value: unknown, fix: string): Problem[] =>
    value === undefined ? [{ input, rule: 'is required with `s3-bucket`', fix }] : []
  return [
    ...(s3Endpoint === undefined
      ? required('s3-region', s3Region, 'Give the region of the bucket at AWS, or the `s3-endpoint` of another store.')
      : []),
    ...('s3AccessKey' in values
      ? required('s3-access-key', s3AccessKey, 'Give it from a secret; an empty one means that the secret is not set where this runs.')
      : []),
    ...('s3SecretKey' in values
      ? required('s3-secret-key', s3SecretKey, 'Give it from a secret; an empty one means that the secret is not set where this runs.')
      : []),
  ]
}

/** Where these inputs say that backups go; undefined: nowhere. */
export function placeOf(values: Partial<StoreValues>): Place | undefined {
  const { s3Bucket, s3Endpoint, s3Region, s3AccessKey = '', s3SecretKey = '', s3SessionToken } = values
  if (s3Bucket === undefined) return undefined
  const region = s3Region ?? 'us-east-1'
  const endpoint = s3Endpoint ?? `https://s3.${region}.amazonaws.com`
  return { endpoint, region, bucket: s3Bucket, accessKey: s3AccessKey, secretKey: s3SecretKey, sessionToken: s3SessionToken }
}
