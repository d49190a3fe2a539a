import { Mistake, matching, optional, reader, secret } from '@deploy-actions/kit'
import type { Place } from './place.ts'

/** The address of a store, as an origin. */
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
export const prefix = reader((raw) => {
  const path = raw.replace(/^\/+|\/+$/g, '')
  if (!/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path) || path.split('/').some((part) => /^\.+$/.test(part)))
    throw new Mistake('must be folders of letters, digits, `.`, `_` and `-`', 'Write it like `backups/production`.')
  return path
})
export const word = (what: string) => matching(/^[\x21-\x7e]+$/, `must be ${what}, on one line and without spaces`)

/** The inputs by which an action finds a bucket, in the order of action.yml. */
export const s3Inputs = {
  's3-bucket': optional(bucket),
  's3-endpoint': optional(endpoint),
  's3-region': optional(region),
  's3-prefix': optional(prefix),
  's3-access-key': secret(optional(word('the id of a key'))),
  's3-secret-key': secret(optional(word('a secret key'))),
  's3-session-token': secret(optional(word('a session token'))),
}

export interface S3Values {
  readonly s3Bucket: string | undefined
  readonly s3Endpoint: string | undefined
  readonly s3Region: string | undefined
  readonly s3Prefix: string | undefined
  readonly s3AccessKey: string | undefined
  readonly s3SecretKey: string | undefined
  readonly s3SessionToken: string | undefined
}

/** The bucket that these inputs name; undefined: none. */
export function placeOf(values: Partial<S3Values>): Place | undefined {
  const { s3Bucket, s3Endpoint, s3Region, s3AccessKey = '', s3SecretKey = '', s3SessionToken } = values
  if (s3Bucket === undefined) return undefined
  const region = s3Region ?? 'us-east-1'
  const endpoint = s3Endpoint ?? `https://s3.${region}.amazonaws.com`
  return { endpoint, region, bucket: s3Bucket, accessKey: s3AccessKey, secretKey: s3SecretKey, sessionToken: s3SessionToken }
}
