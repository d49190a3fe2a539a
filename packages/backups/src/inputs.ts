import { optional, type Problem, type Reader, reader, secret } from '@deploy-actions/kit'
import { type S3Values, s3Inputs } from '@deploy-actions/s3'
import { checkIdentity, checkRecipient } from '@deploy-actions/sops/age'

const linesOf = (raw: string): string[] =>
  raw
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))

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
  ...s3Inputs,
  'encrypt-to': recipients,
}

/** For who opens what is encrypted. */
export const ageKeyInput = secret(optional(identities))

export interface StoreValues extends S3Values {
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
